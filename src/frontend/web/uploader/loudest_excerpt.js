/** Return where the loudest excerpt of `seconds` starts, so that a listener hears something. */
export function loudestExcerptStart({ bucket_s: bucket, peaks }, seconds) {
  const length = Math.max(1, Math.round(seconds / bucket));
  let [sum, loudest, start] = [0, -1, 0];
  peaks.forEach((peak, index) => {
    sum += peak - (peaks[index - length] ?? 0);
    if (index >= length - 1 && sum > loudest) [loudest, start] = [sum, index - length + 1];
  });
  return start * bucket;
}
