// How pages talk to the programs of the booth: connect() starts the one for voting in a worker, call() calls a method of it. Methods that begin
// with "verify." are those of the verifier, a program of its own that is loaded when it is first needed.
//
// A call rejects with {code, sentence, hint, evidence?}. A program that fails is started anew at the next call; ballots that were prepared and
// not cast are then gone, and what was kept on the device is not.

import { programs } from "./programs.js";

// connect returns the booth for a board. on.progress is told {what, done, total} while a call is under way.
export async function connect({ board = location.origin, lang = "en", on = {} } = {}) {
	const voting = new Program("booth.wasm", true, { board, lang }, on), audit = new Program("audit.wasm", false, { board, lang }, on);
	await voting.started();
	return {
		call: (method, params = {}) => (method.startsWith("verify.") ? audit : voting).call(method, params),
		close() {
			voting.end();
			audit.end();
		},
	};
}

class Program {
	#name; #store; #start; #on;
	#worker = null;
	#begun = null; // a promise: the program takes calls
	#waiting = new Map(); // by id: {resolve, reject}
	#ids = 0;

	constructor(name, store, start, on) {
		this.#name = name;
		this.#store = store;
		this.#start = start;
		this.#on = on;
	}

	// started ends when the program takes calls.
	started() {
		this.#begun ??= this.#begin();
		return this.#begun;
	}

	async #begin() {
		await new Promise((resolve, reject) => {
			const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: this.#name });
			this.#worker = worker;
			const failed = (error) => {
				if (this.#worker !== worker) return;
				this.end(error);
				reject(error);
			};
			worker.onmessage = ({ data }) => {
				if (data.ready) return resolve();
				if (data.failed) return failed(data.failed);
				this.#answered(data);
			};
			worker.onerror = (e) => failed({ code: "internal", sentence: "the worker has failed: " + (e.message || "it could not be loaded"), hint: "" });
			worker.onmessageerror = () => failed({ code: "internal", sentence: "the worker said something that cannot be read", hint: "" });
			worker.postMessage({ load: { url: new URL(this.#name, import.meta.url).href, sha256: programs[this.#name].sha256, store: this.#store } });
		});
		await this.#send("start", this.#start);
	}

	async call(method, params) {
		await this.started();
		return this.#send(method, params);
	}

	#send(method, params) {
		return new Promise((resolve, reject) => {
			const id = ++this.#ids;
			this.#waiting.set(id, { resolve, reject });
			this.#worker.postMessage({ id, method, params });
		});
	}

	#answered({ id, result, error, progress, fatal }) {
		const one = this.#waiting.get(id);
		if (!one) return;
		if (progress) return this.#on.progress?.(progress);
		this.#waiting.delete(id);
		if (error === undefined) return one.resolve(result);
		one.reject(error);
		if (fatal) this.end(error);
	}

	// end stops the program. Whoever waits for it is told why.
	end(why = { code: "internal", sentence: "the page has ended it", hint: "" }) {
		this.#worker?.terminate();
		this.#worker = this.#begun = null;
		const waiting = [...this.#waiting.values()];
		this.#waiting.clear();
		for (const w of waiting) w.reject(why);
	}
}
