// Texts, numbers, sizes and durations in the page's language: the counterpart of the server's
// i18n/translator.py. Templates come from the server, plurals and numbers from the browser.

const SIZE_UNITS = ["bytes", "kilobytes", "megabytes", "gigabytes"];

/** Fill in a template; a text with plural forms picks the one that fits `values.count`. */
export function formatText(text, values = {}, language = document.documentElement.lang) {
  const template =
    typeof text === "string" ? text : text[new Intl.PluralRules(language).select(values.count)];
  const number = new Intl.NumberFormat(language);
  return template.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? number.format(values[name]) : values[name],
  );
}

export class Translator {
  constructor(language, labels) {
    this.language = language;
    this.labels = labels;
  }

  has(key) {
    return Object.hasOwn(this.labels, key);
  }

  /** Return the sentence of a key. */
  text(key, values = {}) {
    return formatText(this.labels[key], values, this.language);
  }

  number(value, digits = 3) {
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: digits }).format(value);
  }

  /** Return a share of one as the nearest whole per cent. */
  share(share) {
    return this.percent(Math.floor(share * 100 + 0.5) / 100);
  }

  /** Return progress, a share of one, as whole per cent, rounded down: only a finished job says 100. */
  percent(share) {
    const format = new Intl.NumberFormat(this.language, { style: "percent" });
    return format.format(Math.floor(Math.min(1, share) * 100 + 1e-6) / 100);
  }

  /** Return a size in units of 1024, with at most one decimal. */
  size(bytes) {
    let [amount, unit] = [bytes, 0];
    while (amount >= 1024 && unit < SIZE_UNITS.length - 1) {
      amount /= 1024;
      unit += 1;
    }
    const digits = amount >= 100 || unit === 0 ? 0 : 1;
    return this.text(`size.${SIZE_UNITS[unit]}`, { amount: this.number(amount, digits) });
  }

  languageName(code) {
    return new Intl.DisplayNames(this.language, { type: "language" }).of(code);
  }

  /** Return a duration in at most two units, such as `6 min 12 s` or `6 min`. */
  duration(seconds) {
    const whole = seconds > 0 ? Math.max(1, Math.round(seconds)) : 0;
    const parts = [
      ["hours", Math.floor(whole / 3600)],
      ["minutes", Math.floor(whole / 60) % 60],
      ["seconds", whole % 60],
    ];
    const first = parts.findIndex(([, count]) => count > 0);
    const [large, ...small] = parts.slice(first).slice(0, 2);
    const shown = [large, ...small.filter(([, count]) => count > 0)];
    return shown.map(([unit, count]) => this.text(`duration.${unit}`, { count })).join(" ");
  }

  /** Return the remaining time, no more exact than the estimate is. */
  timeLeft(seconds) {
    if (seconds < 10) return this.text("time_left.moments");
    if (seconds < 50) return this.text("time_left.under_a_minute");
    const count = Math.max(1, Math.round(seconds / 60));
    if (count < 60) return this.text("time_left.minutes", { count });
    const tens = Math.round(count / 10) * 10;
    const [hours, minutes] = [Math.floor(tens / 60), tens % 60];
    if (!minutes) return this.text("time_left.hours", { count: hours });
    return this.text("time_left.hours_minutes", { count: hours, minutes });
  }

  /** Return how far away a moment is, such as `in 2 minutes`. */
  fromNow(seconds) {
    const format = new Intl.RelativeTimeFormat(this.language);
    if (seconds < 50) return format.format(Math.max(10, Math.round(seconds / 10) * 10), "second");
    if (seconds < 100 * 60) return format.format(Math.max(1, Math.round(seconds / 60)), "minute");
    return format.format(Math.round(seconds / 1800) / 2, "hour");
  }

  timeOfDay(moment) {
    const format = { hour: "numeric", minute: "2-digit" };
    return new Intl.DateTimeFormat(this.language, format).format(moment);
  }
}

/** Return a position in a recording as `m:ss`, or `h:mm:ss` from an hour on. */
export function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds) + 1e-6);
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = pad(whole % 60);
  return hours ? `${hours}:${pad(minutes)}:${tail}` : `${minutes}:${tail}`;
}
