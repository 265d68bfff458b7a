/** Where the loudest stretch of a length begins, in seconds: there is something to hear. */
export function loudestExcerptStart({ bucket_s: bucket, peaks }, seconds) {
  const length = Math.max(1, Math.round(seconds / bucket));
  let [sum, most, start] = [0, -1, 0];
  peaks.forEach((peak, index) => {
    sum += peak - (peaks[index - length] ?? 0);
    if (index >= length - 1 && sum > most) [most, start] = [sum, index - length + 1];
  });
  return start * bucket;
}
