// The control with which a member ranks options: tap one to give it the next place; drag it, or move it with the buttons or keys.
//
// Keys, on a place of the ranking: up and down go from one to the next; with Alt they move the option; Space or Enter picks it up, then up,
// down, Home and End move it and Space or Enter puts it down, Escape puts it back; Delete takes it out. In the list of the others, up and
// down go from one to the next, Enter or Space gives the next place. In the search box, Enter takes the only one found.

import { announce, details, message, p, words } from "./page.js";
import { ruleOf } from "./choosing.js";
import { fresh, h } from "./dom.js";
import { count, pick, say } from "./say.js";

const many = 12; // from so many options there is a search box

// ranking returns { element, chosen() } for a contest. `chosen` is where it starts: indexes of options, best first. `order` is that of the
// list of options that are not ranked.
export function ranking(contest, order, chosen) {
	const ranked = [...chosen];
	const most = contest.depth || contest.options.length;
	const name = (i) => pick(contest.options[i].title).text;
	let held = null; // { option, from } while picked up by key

	const heading = h("h2", { id: fresh("ranked") }, say("booth-rank.mine"));
	const empty = h("p", { class: "empty" }, say("booth-rank.empty"));
	const list = h("ol", { class: "ranked", "aria-labelledby": heading.id });
	const restHeading = h("h2", { id: fresh("rest") }, say("booth-rank.rest"));
	const rest = h("ul", { class: "rest", "aria-labelledby": restHeading.id });
	const full = h("p", { class: "soft" });
	const none = h("p", { class: "empty", hidden: true }, say("booth-rank.none-found"));
	const search = h("input", { type: "search", id: fresh("search"), autocomplete: "off", spellcheck: "false" });
	const finder = h("p", { class: "field finder" }, h("label", { for: search.id }, say("booth-rank.search")), search);
	finder.hidden = contest.options.length < many;
	const help = fresh("keys");

	let tapped = -Infinity;
	const items = new Map(); // option → its line in the ranking
	const buttons = new Map(); // option → its button among the rest

	for (const i of order) {
		const b = h("button", { type: "button", class: "take", tabindex: "-1" }, h("span", { class: "plus", "aria-hidden": "true" }, "+"), words(contest.options[i].title));
		b.addEventListener("click", (e) => {
			// The next one comes to where the one just tapped was: a second tap in the same moment was not meant for it.
			if (e.detail > 0 && e.timeStamp - tapped < 350) return;
			tapped = e.timeStamp;
			take(i);
		});
		b.addEventListener("keydown", (e) => walk(e, () => [...rest.querySelectorAll("li:not([hidden]) button")]));
		buttons.set(i, b);
		rest.append(h("li", {}, b));
	}
	for (const i of ranked) list.append(line(i));

	function line(i) {
		const place = h("span", { class: "place" });
		const grip = h("button", { type: "button", class: "grip", tabindex: "-1", "aria-describedby": help },
			place, h("span", { class: "dots", "aria-hidden": "true" }), h("span", { class: "hidden" }));
		const act = (cls, sign, key, f) => h("button", { type: "button", class: "small " + cls, tabindex: "-1", "aria-label": say(key, { name: name(i) }), on: { click: f } },
			h("span", { "aria-hidden": "true" }, sign));
		const li = h("li", {},
			grip, h("span", { class: "name" }, words(contest.options[i].title)),
			h("span", { class: "moves" },
				act("up", "↑", "booth-rank.up", () => shift(i, -1)), act("down", "↓", "booth-rank.down", () => shift(i, 1)), act("out", "×", "booth-rank.out", () => out(i))));
		grip.addEventListener("keydown", (e) => keys(e, i));
		grip.addEventListener("pointerdown", (e) => drag(e, i, li));
		grip.addEventListener("blur", () => { if (held?.option === i && !moving) drop(); });
		items.set(i, { li, grip, place });
		return li;
	}

	const at = (i) => ranked.indexOf(i);
	const tell = (key, i) => announce(say(key, { name: name(i), place: at(i) + 1, all: ranked.length }));

	// draw brings what is on the page in line with the ranking.
	function draw() {
		ranked.forEach((i, n) => {
			const it = items.get(i);
			it.place.textContent = String(n + 1);
			it.grip.querySelector(".hidden").textContent = say("booth-rank.grip", { name: name(i), place: n + 1, all: ranked.length });
			it.li.querySelector(".up").toggleAttribute("disabled", n === 0);
			it.li.querySelector(".down").toggleAttribute("disabled", n === ranked.length - 1);
			it.li.classList.toggle("held", held?.option === i);
		});
		if (!list.querySelector('.grip[tabindex="0"]')) list.querySelector(".grip")?.setAttribute("tabindex", "0");
		const isFull = ranked.length >= most;
		const wanted = search.value.trim().toLocaleLowerCase();
		let shown = 0;
		for (const [i, b] of buttons) {
			const hide = ranked.includes(i) || (wanted !== "" && !plain(name(i)).includes(plain(wanted)));
			b.parentElement.hidden = hide;
			b.setAttribute("aria-disabled", String(isFull));
			b.tabIndex = -1;
			if (!hide) shown++;
		}
		const first = rest.querySelector("li:not([hidden]) button");
		if (first) first.tabIndex = 0;
		empty.hidden = ranked.length > 0;
		list.hidden = ranked.length === 0;
		none.hidden = shown > 0 || ranked.length === contest.options.length;
		restHeading.hidden = ranked.length === contest.options.length;
		full.textContent = isFull ? count("booth-rank.full", most) : ranked.length === 0 ? say("booth-rank.first") : say("booth-rank.next", { place: ranked.length + 1 });
	}

	function plain(s) { // without accents: who looks for Nunez finds Núñez
		return s.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
	}

	function take(i) {
		if (ranked.length >= most) return announce(count("booth-rank.full", most));
		const visible = [...rest.querySelectorAll("li:not([hidden]) button")];
		const n = visible.indexOf(buttons.get(i));
		const next = visible[n + 1] ?? visible[n - 1];
		const inside = rest.contains(document.activeElement);
		const top = rest.getBoundingClientRect().top;
		ranked.push(i);
		list.append(line(i));
		if (search.value) search.value = "";
		draw();
		scrollBy({ top: rest.getBoundingClientRect().top - top, behavior: "instant" }); // the list stays where the finger is
		wrong.say("");
		tell("booth-rank.taken", i);
		if (inside) (next && next !== buttons.get(i) && !next.parentElement.hidden ? focusOn(next) : (finder.hidden ? items.get(i).grip : search)).focus({ preventScroll: true });
	}

	function focusOn(b) {
		for (const o of buttons.values()) o.tabIndex = -1;
		b.tabIndex = 0;
		return b;
	}

	function out(i) {
		const n = at(i);
		const inside = items.get(i).li.contains(document.activeElement);
		ranked.splice(n, 1);
		items.get(i).li.remove();
		items.delete(i);
		held = null;
		draw();
		announce(say("booth-rank.removed", { name: name(i), all: ranked.length }));
		if (inside) {
			const next = ranked[Math.min(n, ranked.length - 1)];
			if (next === undefined) focusOn(buttons.get(i)).focus();
			else rove(next);
		}
	}

	let moving = false; // an element that is moved in the page loses the focus for a moment

	// to moves an option to a place. Its neighbours are moved around it, so that it keeps focus and pointer.
	function to(i, n, quiet) {
		n = Math.max(0, Math.min(n, ranked.length - 1));
		const from = at(i);
		if (n === from) return;
		ranked.splice(from, 1);
		ranked.splice(n, 0, i);
		moving = true;
		const li = items.get(i).li;
		for (const o of ranked.slice(0, n)) li.before(items.get(o).li);
		for (const o of ranked.slice(n + 1).reverse()) li.after(items.get(o).li);
		moving = false;
		draw();
		if (!quiet) tell("booth-rank.moved", i);
	}

	// shift is what the buttons do: one place up or down, the button keeping the focus as long as it can.
	function shift(i, by) {
		const button = document.activeElement;
		to(i, at(i) + by);
		if (button?.disabled || document.activeElement !== button) items.get(i).li.querySelector(by < 0 ? ".down" : ".up").focus();
		items.get(i).li.scrollIntoView({ block: "nearest" });
	}

	function rove(i) {
		for (const it of items.values()) it.grip.tabIndex = -1;
		const g = items.get(i).grip;
		g.tabIndex = 0;
		g.focus();
	}

	function drop(back) {
		const { option, from } = held;
		held = null;
		if (back) to(option, from, true);
		draw();
		tell(back ? "booth-rank.put-back" : "booth-rank.put", option);
	}

	function keys(e, i) {
		const n = at(i);
		const by = { ArrowUp: -1, ArrowDown: 1, Home: -ranked.length, End: ranked.length }[e.key];
		if (e.key === " " || e.key === "Enter") {
			e.preventDefault();
			if (held) drop();
			else {
				held = { option: i, from: n };
				draw();
				tell("booth-rank.held", i);
			}
		} else if (e.key === "Escape" && held) {
			e.preventDefault();
			drop(true);
		} else if (e.key === "Delete" || e.key === "Backspace") {
			e.preventDefault();
			out(i);
		} else if (by !== undefined && (held || e.altKey)) {
			e.preventDefault();
			to(i, n + by);
			items.get(i).grip.focus();
			items.get(i).li.scrollIntoView({ block: "nearest" });
		} else if (by !== undefined) {
			e.preventDefault();
			rove(ranked[Math.max(0, Math.min(n + by, ranked.length - 1))]);
		}
	}

	function walk(e, visible) {
		const by = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[e.key];
		if (by === undefined) return;
		e.preventDefault();
		const all = visible();
		focusOn(all[Math.max(0, Math.min(all.indexOf(e.currentTarget) + by, all.length - 1))]).focus();
	}

	// drag moves an option with the pointer. Near an edge of the screen the page scrolls.
	function drag(e, i, li) {
		if (e.button !== 0 || !e.isPrimary) return;
		e.preventDefault();
		rove(i);
		const start = ranked.join();
		let y = e.clientY, live = true;
		li.classList.add("dragged");
		const place = () => {
			for (const o of ranked) {
				const r = items.get(o).li.getBoundingClientRect();
				const n = at(o), mine = at(i);
				if (o !== i && ((n < mine && y < r.top + r.height / 2) || (n > mine && y > r.top + r.height / 2))) {
					to(i, n, true);
					return;
				}
			}
		};
		const scroll = () => {
			if (!live) return;
			const edge = 70, speed = y < edge ? y - edge : y > innerHeight - edge ? y - innerHeight + edge : 0;
			if (speed) {
				scrollBy(0, speed / 4);
				place();
			}
			requestAnimationFrame(scroll);
		};
		const move = (e) => {
			y = e.clientY;
			place();
		};
		const end = () => {
			live = false;
			li.classList.remove("dragged");
			removeEventListener("pointermove", move);
			removeEventListener("pointerup", end);
			removeEventListener("pointercancel", end);
			if (ranked.join() !== start) tell("booth-rank.moved", i);
		};
		addEventListener("pointermove", move);
		addEventListener("pointerup", end);
		addEventListener("pointercancel", end);
		requestAnimationFrame(scroll);
	}

	search.addEventListener("input", draw);
	search.addEventListener("keydown", (e) => {
		if (e.key !== "Enter") return;
		e.preventDefault();
		const found = [...rest.querySelectorAll("li:not([hidden]) button")];
		if (found.length === 1) found[0].click();
	});

	const wrong = message();
	const element = h("div", { class: "ranking" },
		h("p", { class: "rule" }, ruleOf(contest)),
		heading, empty, list, wrong.element,
		restHeading, full, finder, none, rest,
		details(say("booth-rank.keys-title"), h("p", { id: help }, say("booth-rank.keys"))),
		contest.shuffled ? p(h("span", { class: "soft" }, say("booth-rank.shuffled"))) : null,
	);
	draw();
	return {
		element,
		chosen: () => [...ranked],
		check() {
			const short = ranked.length < (contest.min || 0);
			wrong.say(short ? count("booth-rank.too-few", contest.min) : "");
			return !short;
		},
		wipe() { ranked.length = 0; },
	};
}
