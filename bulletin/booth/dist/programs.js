// Made by go run ./cmd/booth/build. SHA-256 and size in bytes of the programs, not compressed.

export const programs = {
	"audit.wasm": { sha256: "371d4add154cc07b4270f66f566b3de962a708ddbb70dc402e01fa0ec7ce30c7", size: 10622799 },
	"booth.wasm": { sha256: "9757b385eb714b212a57f75d86570280885ff796a62587d9109ddf4c5ae107c7", size: 8069558 },
	"wasm_exec.js": { sha256: "0c949f4996f9a89698e4b5c586de32249c3b69b7baadb64d220073cc04acba14", size: 16992 },
};
