// Elements of pages. Everything that is shown goes through h, which makes text of text: nothing that comes from the log, a server or a
// member is ever read as HTML.

// h makes an element. Attributes that are false or null are left out; `on` has listeners; children are elements, texts, or lists of them.
export function h(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name === "on") for (const [event, f] of Object.entries(value)) e.addEventListener(event, f);
		else if (name === "value" || name === "checked") e[name] = value;
		else if (value === true) e.setAttribute(name, "");
		else if (value !== false && value != null) e.setAttribute(name, value);
	}
	e.append(...flat(children));
	return e;
}

export function flat(children) {
	return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
}

// picture shows an SVG text, such as a QR code, as an image, in which nothing can run.
export function picture(svg, alt, cls = "qr") {
	return h("img", { class: cls, alt, src: "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg) });
}

let counter = 0;

// fresh returns an id that no other element has.
export function fresh(prefix) {
	return prefix + "-" + ++counter;
}

// save has the browser save a text as a file.
export function save(name, text) {
	const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
	const a = h("a", { href: url, download: name });
	document.body.append(a);
	a.click();
	a.remove();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// copy puts a text on the clipboard and reports whether it could.
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

// fragment returns the parameters after the # of the page's address, and takes them out of it, so that neither history nor a bookmark
// keeps them.
export function fragment() {
	const p = new URLSearchParams(location.hash.slice(1));
	if (location.hash.includes("=")) history.replaceState(history.state, "", location.pathname + location.search);
	return p;
}
