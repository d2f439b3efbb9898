// Package ranking turns a ranking of candidates into group elements, which a ranked contest encrypts, and back (SPEC.md, "Ranked
// encoding").
//
// A ranking lists candidates, which are numbers from 0, from the most preferred on; it may stop early and may be empty. Make an
// [Encoding] for a number of candidates and of ranks; [Encoding.Encode] and [Encoding.Decode] are each other's inverse. All
// rankings of a contest take the same number of elements: one, for up to 54 candidates whatever the number of ranks, or for up to
// 35 ranks among 128 candidates.
//
// Every ranking has exactly one encoding. What comes out of a mix and is none is spoiled ([ErrSpoiled]), so that no two counters
// can read it differently, and so that a voter has no room for a mark but the ranking itself. A number cannot say a candidate
// twice or leave a rank open.
//
// Encode keeps the ranking secret (see there). Decode is for public data.
package ranking
