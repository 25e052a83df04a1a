/** Rewards that are networks in ONNX files: CLIP and its family. */
package dev.sluice.rewards.internal.onnx;
