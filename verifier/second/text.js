// Which texts, names and addresses are well-formed (SPEC §8).
import { utf8 } from './bytes.js';

// What Unicode assigned after 15.0 and what matters to normal form C. Unassigned there, it neither moves nor combines.
const NEWER = /([\u0897\u1acf-\u1aeb\u{105c0}-\u{105ff}\u{10d40}-\u{10d8f}\u{10efa}\u{10efb}\u{11380}-\u{113ff}\u{16100}-\u{1613f}\u{16d40}-\u{16d7f}\u{1e5d0}-\u{1e5ff}\u{1e6c0}-\u{1e6ff}])/u;

const FORBIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

const isNFC = (s) => s.split(NEWER).every((part) => part.normalize('NFC') === part);

function isWellFormed(s, most) {
  const n = utf8(s).length;
  return n >= 1 && n <= most && !FORBIDDEN.test(s) && isNFC(s) && !/^\p{White_Space}|\p{White_Space}$/u.test(s);
}

export const isText = (s) => isWellFormed(s, 2000);
export const isName = (s) => isWellFormed(s, 200) && !s.includes('\n');
export const isSlug = (s) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(s);
const isLanguage = (s) => /^[a-z]{2,3}(-[A-Z]{2})?$/.test(s);

/** A map of language to text. */
export function isTexts(texts) {
  return texts.size >= 1 && texts.size <= 16 && [...texts].every(([lang, s]) => isLanguage(lang) && isText(s));
}

export function isURL(s) {
  return s === '' || s.length <= 300
    && /^https?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\/[!-~]*)?$/.test(s);
}

export function isOrigin(s) {
  return /^[!-*,-~]{1,200}$/.test(s) && !s.includes('://');
}

export function isDate(s) {
  const m = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(s);
  if (!m) return false;
  const [year, month, day] = m.slice(1).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}
