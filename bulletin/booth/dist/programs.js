// Made by go run ./cmd/booth/build. SHA-256 and size in bytes of the programs, not compressed.

export const programs = {
	"audit.wasm": { sha256: "0f786fafd8592d3a6de9409fad4d0b469fe6cbb3fd6823d5017b3f359eb50159", size: 11261621 },
	"booth.wasm": { sha256: "8c45d957fe9ba6121d06f85929385ac6467c83f9622c09bc007d68d3d5e66ae3", size: 10989831 },
	"wasm_exec.js": { sha256: "0c949f4996f9a89698e4b5c586de32249c3b69b7baadb64d220073cc04acba14", size: 16992 },
};
