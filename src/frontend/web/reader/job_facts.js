/** Return the facts of a transcription at a glance: length, language, words, time taken. */
export function jobFacts(t, job) {
  const { file, result } = job;
  const facts = [];
  if (file.duration_s) facts.push(t.duration(file.duration_s));
  if (result?.text.trim()) {
    facts.push(t.languageName(result.language));
    facts.push(t.text("result.words", { count: result.text.trim().split(/\s+/).length }));
  }
  if (job.cached) facts.push(t.text("result.cached"));
  else if (job.status === "completed" && job.started_at) {
    const tookS = (new Date(job.finished_at) - new Date(job.started_at)) / 1000;
    facts.push(t.text("result.took", { duration: t.duration(tookS) }));
  }
  return facts;
}
