/** Images and videos in memory and in files. Read first: {@link dev.sluice.video.Media}. */
package dev.sluice.video;
