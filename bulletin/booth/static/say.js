// The texts of the booth in the page's language. They are in one JSON file for each language, as the server's package language makes it.

let texts = {}, counts = {}, format = {}, code = "en", plural = new Intl.PluralRules("en");

// load fetches the texts. Nothing can be said before.
export async function load(url) {
	const r = await fetch(url, { credentials: "omit" });
	if (!r.ok) throw new Error("texts: " + r.status);
	({ texts, counts, format, code } = await r.json());
	plural = new Intl.PluralRules(code);
}

export const language = () => code;

// has reports whether there is a text.
export const has = (key) => key in texts;

// say returns a text with what is put in for its {names}.
export function say(key, put) {
	return fill(texts[key] ?? key, put);
}

// count returns a text that depends on a number, which is put in as n.
export function count(key, n, put) {
	const forms = counts[key];
	if (!forms) return key;
	return fill(forms[plural.select(n)] ?? forms.other, { n, ...put });
}

function fill(text, put) {
	return put ? text.replace(/\{([a-z]+)\}/g, (all, name) => (name in put ? value(put[name]) : all)) : text;
}

// A name with letters that run from right to left is isolated, or it would reorder the text around it.
function value(v) {
	if (typeof v === "number") return number(v);
	const s = String(v);
	return /[\u0590-\u08ff\ufb1d-\ufefc]/.test(s) ? "\u2068" + s + "\u2069" : s;
}

export function number(n) {
	return String(n).replace(/\B(?=(\d{3})+$)/g, format.group ?? ",");
}

// at writes a time in seconds since 1970 as people here and now read it: in the device's time zone, which is named.
export function at(seconds) {
	return new Intl.DateTimeFormat(code, {
		weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
	}).format(new Date(seconds * 1000));
}

// pick returns the text of the log in the page's language, or the nearest, and its language if that is another.
export function pick(t) {
	if (t === null || t === undefined) return { text: "", lang: null };
	if (typeof t === "string") return { text: t, lang: null };
	const base = (tag) => tag.split("-")[0];
	const tags = Object.keys(t).sort();
	const tag = [code, ...tags.filter((l) => base(l) === base(code)), "en", ...tags].find((l) => l in t);
	return tag === undefined ? { text: "", lang: null } : { text: t[tag], lang: base(tag) === base(code) ? null : tag };
}
