// A worker that is none, for tests of the pages: it answers from a scene that the page's address names (?scene=a,b). Nothing here encrypts.

const params = new URLSearchParams(location.search);
const scene = new Set((params.get("scene") ?? "").split(","));
const id = (c) => c.repeat(64);
const both = (en, es) => ({ en, es: es ?? en });
const round = id("a"), yesno = id("1");
const svg = (seed) => {
	let cells = "";
	for (let y = 0; y < 29; y++) for (let x = 0; x < 29; x++) {
		const corner = (x < 7 && y < 7) || (x > 21 && y < 7) || (x < 7 && y > 21);
		const ring = corner && ![1, 5].includes(Math.min(x % 22, 6)) && ![1, 5].includes(Math.min(y % 22, 6));
		if (corner ? ring : ((x * 7 + y * 13 + x * y * seed) * 2654435761 >>> 7) % 2) cells += `M${x} ${y}h1v1h-1z`;
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 37 37"><rect x="-4" y="-4" width="37" height="37" fill="#fff"/><path d="${cells}"/></svg>`;
};
const names = ["Ana Ruiz", "Boris Ng", "Chiara Fonseca de Almeida", "Dele Okafor", "Edith Núñez", "Farid Haddad", "Grace Kim", "Hana Sato", "Iker Etxeberria", "Jun Park",
	"Karla Méndez", "Lior Ben-David", "María de los Ángeles Rodríguez Villanueva", "Noor Rahman", "Olga Petrova", "Piotr Zając", "Quentin Leroy", "Rosa Parks Jr.", "Siobhán O’Connor", "Tomás Silva",
	"Uma Devi", "Viktor Holm", "Wanjiru Kamau", "Ximena Paz", "Yusuf Demir", "Zoë Baker", "Amir Said", "Bea Lind", "Carlos Vega", "Dana Wolf",
	"Emil Novak", "Fatou Diop", "Gil Amar", "Hugo Blanc", "Inés Soler", "Jamal Carter", "Kim Lee", "Luz Marina", "Mo Farouk", "<img src=x onerror=alert(1)>"];
const options = (...texts) => texts.map((t, i) => ({ id: "o" + i, title: typeof t === "string" ? both(t) : t }));
const choice = (title, opts, min, max, more) => ({ id: "c", kind: "choice", title, options: opts, min, max, depth: 0, shuffled: false, order: opts.map((_, i) => i), ...more });
const single = () => choice(both("Shall the organisation endorse the proposal on housing?", "¿Apoya la organización la propuesta sobre la vivienda?"), options(both("Yes", "Sí"), both("No", "No"), both("Abstain", "Abstención")), 1, 1);
const contests = () => {
	if (scene.has("ranked")) {
		const opts = options(...names);
		return [{ id: "r", kind: "ranked", title: both("Rank the candidates for the national committee", "Ordene a los candidatos al comité nacional"), options: opts, min: 0, max: 40, depth: scene.has("deep") ? 40 : 10, shuffled: true, order: opts.map((_, i) => (i * 17 + 5) % opts.length) }];
	}
	if (scene.has("three")) {
		return [single(),
			choice(both("Which two projects come first?", "¿Qué dos proyectos van primero?"), options(both("A tenants’ union in every chapter", "Un sindicato de inquilinos en cada capítulo"), both("A national strike fund", "Un fondo nacional de huelga"), both("<img src=x onerror=alert(1)>"), both("Childcare at every meeting", "Guardería en cada reunión")), 1, 2),
			choice(both("Which dates suit you?", "¿Qué fechas le convienen?"), options(both("3 May", "3 de mayo"), both("10 May", "10 de mayo"), both("17 May", "17 de mayo")), 0, 3)];
	}
	return [single()];
};
const entry = { index: 4711, number: "M-004711", name: "Magdalena Ortiz" };
const now = 1795000000;
const registrars = [
	{ index: 1, name: "Registrar of the commission", operator: "Elections commission", channel: "e-mail", url: "https://r1.example.org" },
	{ index: 2, name: "Auditors", operator: "Auditors’ board", channel: "letter", url: "https://r2.example.org" },
	{ index: 3, name: "Youth section", operator: "Youth section", channel: "text message", url: "https://r3.example.org" }];
if (scene.has("openid")) registrars[1].channel = "letter; openid https://login.example.org/members";
if (scene.has("openid")) registrars[2].channel = "openid https://id.example.net";
let cards = [];
const fullCard = { round, roundTitle: both("Cards of spring 2027", "Tarjetas de la primavera de 2027"), entry, answered: [true, true, true], complete: true, kept: true };
if (scene.has("other-card")) cards = [{ ...fullCard, answered: [false, false, false], complete: false }];
else if (!scene.has("empty")) cards = [scene.has("incomplete") ? { ...fullCard, answered: [true, false, true], complete: false, kept: !scene.has("unkept") } : fullCard];
const words24 = "abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual".split(" ");
const made = () => ({ file: "mandate voter card, version 1\n" + words24.join(" ") + "\n", words: words24, qr: svg(3) });
const ballot = "3f" + "c1".repeat(31);
const receipt = { ballot, index: 1204, receipt: "mandate receipt, version 1\nindex 1204\nhash " + ballot + "\n", words: ["river", "copper", "lantern", "oak"], qr: svg(5), counts: true };
const fail = (code, sentence) => { throw { code, sentence: sentence ?? "the mock says " + code, hint: "" }; };
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const log = (window.calls = []);

const opened = () => ({ vote: yesno, title: both("Housing proposal", "Propuesta sobre la vivienda"), spoiled: !scene.has("unspoiled"), phase: "open",
	contests: [{ title: single().title, chosen: [both("No", "No")], ranked: false }] });

const methods = {
	"board.look": () => ({ title: both("Union of Tenants"), size: 5000, time: now, votes: [{ id: yesno, title: both("Housing proposal", "Propuesta sobre la vivienda"), phase: "open", round, opens: now - 86400, closes: now + 6 * 86400 }],
		rounds: [{ id: round, title: fullCard.roundTitle, opens: now - 9e6, closes: now + 9e6, registrars }] }),
	"cards.list": () => cards,
	"code.read": ({ code }) => (code.includes("TYPO") ? fail("code-typo") : { round, registrar: 2, registrarName: "Auditors" }),
	"card.enter": () => (scene.has("badcode") ? fail("code") : scene.has("registrar-down") ? fail("registrar-down") : { registrar: 2, entry: scene.has("stranger") ? { index: 5, number: "M-000005", name: "Somebody Else" } : entry }),
	"card.create": () => {
		cards = [{ ...fullCard, answered: [false, false, false], complete: false, kept: false }];
		return made();
	},
	"card.kept": () => { cards[0].kept = true; return {}; },
	"card.collect": () => {
		if (scene.has("answered")) fail("answered");
		cards[0].answered = scene.has("last") ? [true, true, true] : [true, true, false];
		cards[0].complete = scene.has("last");
		return { registrar: 2, answered: cards[0].answered, complete: cards[0].complete };
	},
	"card.restore": () => {
		if (scene.has("other-card") && cards.length) fail("storage", "there is another card of this round in this browser");
		cards = [fullCard];
		return { round, entry, answered: [true, true, true], complete: true };
	},
	"card.export": made,
	"card.forget": () => { cards = []; return {}; },
	"card.status": () => ({ entry, foreign: scene.has("foreign"), issued: registrars.map((r, i) => ({ registrar: r.index, name: r.name, published: i !== 1, at: i !== 1 ? now - 5e5 : 0 })) }),
	"vote.load": () => {
		if (params.get("fail")) fail(params.get("fail"));
		return { id: yesno, title: both("Housing proposal", "Propuesta sobre la vivienda"), phase: scene.has("early") ? "deliberating" : scene.has("over") ? "certified" : "open", opens: now + 86400, closes: now + 6 * 86400, time: now,
			late: scene.has("late"), revote: !scene.has("once"), mock: scene.has("mock"), contests: contests(), number: 0, program: { running: id("e"), pinned: id(scene.has("other-program") ? "f" : "e"), other: scene.has("other-program") }, mine: scene.has("voted") ? [{ ballot, index: 1204, counts: true, here: !scene.has("foreign") }] : [],
			foreign: scene.has("foreign") ? [{ ballot, index: 1300 }] : [], pending: scene.has("pending") ? ballot : null, card: cards[0] ? { round, complete: cards[0].complete, entry } : null };
	},
	"ballot.prepare": () => (scene.has("closed-now") ? fail("closed") : { handle: "h" + log.length, ballot, words: ["river", "copper", "lantern", "oak"], qr: svg(7), link: "https://r2.example.org/booth/check#board=" + encodeURIComponent(location.origin) + "&vote=" + yesno + "&ballot=" + ballot }),
	"ballot.cast": async () => {
		const slow = scene.has("slow") ? 100000 : 150;
		tell("sending");
		await pause(150);
		if (params.get("cast")) fail(params.get("cast"));
		for (const what of ["promised", "recorded", "verified"]) {
			tell(what);
			await pause(what === "promised" ? slow : 100);
		}
		return receipt;
	},
	"ballot.open": () => ({ ballot, text: "mandate opened ballot, version 1\nAAAA\n", link: location.origin + "/booth/check#vote=" + yesno + "&ballot=" + ballot + "&opened=AAAA", parts: [svg(2), svg(11), svg(13)] }),
	"ballot.drop": () => ({}),
	"ballot.resume": async () => {
		if (params.get("resume")) fail(params.get("resume"));
		return scene.has("refused") ? { state: "refused", sentence: "Voting has closed." } : scene.has("none") ? { state: "none" } : { state: "recorded", ...receipt };
	},
	"opened.check": () => (scene.has("lie") ? fail("mismatch", "the ciphertexts are not those that seed and selections give") : opened()),
	"receipt.check": () => (params.get("fail") ? fail(params.get("fail")) : { vote: yesno, title: both("Housing proposal", "Propuesta sobre la vivienda"), ballot, index: 1204, size: 1300, time: now, counts: true, newest: { size: 5000, root: id("e") } }),
	"support.look": () => ({ title: both("Petition: a national strike fund", "Petición: un fondo nacional de huelga"), have: 2987, need: 4000, closes: now + 2e6, supported: scene.has("supported"), phase: scene.has("over") ? "called" : "proposed", late: false, mock: false }),
	"support.do": async () => {
		await pause(100);
		return { due: now + 3600, receipt: null };
	},
	"verify.run": async ({ vote }) => {
		const slow = scene.has("long");
		for (let done = 0; done <= 5000; done += slow ? 50 : 1250) {
			progress({ what: "verify", done, total: 5000 });
			await pause(slow ? 120 : 20);
		}
		const verdict = scene.has("broken") ? "failed" : scene.has("unread") ? "unreadable" : scene.has("early") ? "unfinished" : "verified";
		const names = ["package", "checkpoint", "tree", "records", "genesis", "clock", "vote", "roll", "registrar keys", "manifest", "ceremony", "opening", "ballots", "eligibility", "closing", "seal", "input", "shares", "counts", "decision", "receipt", "call", "forums", "statements", "packet", "mailing", "nominations", "requires", "changes", "mixes"];
		const all = names.map((name, i) => ({ number: i + 1, name, status: verdict === "unreadable" && i > 1 ? "not reached" : i >= 20 ? "not asked" : i > 12 && verdict === "unfinished" ? "not reached" : "held", detail: i === 12 ? "1204 counted, 3 void, 31 checked before casting" : "" }));
		if (verdict === "failed") Object.assign(all[18], { status: "failed", detail: "the counts are not those of the ballots", failures: [{ index: 4990, id: id("c"), kind: "result", code: "result-count", sentence: "contest housing: counts [700 400 104], want [699 401 104] <img src=x onerror=alert(1)>" }] });
		return { origin: "board.example/log", size: 5000, root: id("e"), verdict, log: all.slice(0, 6), void: [], void_total: verdict === "unreadable" ? {} : { "ballot/stale": 3 }, problem: verdict === "unreadable" ? "tile/0/x001/234: not found" : "",
			votes: verdict === "unreadable" ? [] : [{ id: yesno, pinned: Boolean(vote), title: both("Housing proposal", "Propuesta sobre la vivienda"), phase: "certified", mock: scene.has("mock"), ended: false, verdict, checks: all.slice(6), warnings: ["two registrars share an operator"], duties: [], story: [],
				figures: { roll: 8000, issued: [3000, 3000], counted: 1204, checked: 31, void: 3, inputs: 3 },
				contests: verdict === "verified" ? [{ id: "housing", title: single().title, outcome: "passed", binding: true, options: [{ id: "yes", title: both("Yes", "Sí"), count: 700, winner: true }, { id: "no", title: both("No"), count: 400, winner: false }, { id: "abstain", title: both("Abstain", "Abstención"), count: 104, winner: false }] }] : undefined }] };
	},
	history: () => [{ vote: yesno, title: both("Housing proposal", "Propuesta sobre la vivienda"), entries: [{ index: 1100, ballot: id("b"), kind: "check", mine: true, counts: false }, { index: 1204, ballot, kind: "ballot", mine: true, counts: true }], foreign: scene.has("foreign") ? [id("9")] : [], lost: [] }],
};

let tell = () => {}, progress = () => {};

export async function connect({ on }) {
	if (params.get("connect")) fail(params.get("connect"));
	progress = on.progress;
	tell = (what) => on.progress({ what, done: 1, total: 4 });
	return {
		async call(method, given) {
			log.push([method, structuredClone(given)]);
			await pause(Number(params.get("wait") ?? 5));
			return structuredClone(await methods[method](given));
		},
	};
}
