/** Return the values that the text of a warning may name: the audio tracks of the file. */
export function warningValues(t, file) {
  const tracks = file.audio_tracks ?? [];
  return {
    number: String(file.audio_track ?? 1),
    tracks: tracks.map((track) => trackName(t, track)).join(", "),
  };
}

function trackName(t, { number, language, title }) {
  const facts = [language && languageName(t, language), title].filter(Boolean);
  return facts.length ? `${number} (${facts.join(", ")})` : `${number}`;
}

/** Return the name of a language as a file declares it, which may be anything. */
function languageName(t, code) {
  try {
    return t.languageName(code);
  } catch {
    return code;
  }
}
