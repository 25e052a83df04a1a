/**
 * Flow-matching models and how to sample, adapt and pretrain them. Read first: {@link dev.sluice.flow.VelocityModel},
 * {@link dev.sluice.flow.Conditioning}, {@code dev.sluice.flow.TimeSchedule}.
 */
package dev.sluice.flow;
