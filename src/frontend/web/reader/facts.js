// What there is to know of a transcription at a glance.

export function factsOf(words, job) {
  const { file, result } = job;
  const facts = [];
  if (file.duration_s) facts.push(words.duration(file.duration_s));
  if (result?.text.trim()) {
    facts.push(words.languageName(result.language));
    facts.push(words.say("result.words", { count: result.text.trim().split(/\s+/).length }));
  }
  if (job.cached) facts.push(words.say("result.cached"));
  else if (job.status === "completed" && job.started_at) {
    const took = (new Date(job.finished_at) - new Date(job.started_at)) / 1000;
    facts.push(words.say("result.took", { duration: words.duration(took) }));
  }
  return facts;
}
