package electiontest

// What the corpus cannot show, and where it is tested instead. The tests of command corpus hold these tables to SPEC.md, to the corpus and to
// the tests they name.

// CannotFail says why a check of SPEC.md §12 fails in no election.
var CannotFail = map[int]string{
	9:  "a registrar's key without certificate, or with another use, is void, and the vote cannot open: check 8 fails (§12)",
	10: "a manifest that is not well-formed is void, and no vote is called by it (§12)",
	13: "a ballot that does not hold is void, and counted by its code (§12)",
}

// An Elsewhere says why a code or an attack is in no election, and which tests cover it.
type Elsewhere struct {
	Why   string
	Tests []string // functions of this module
}

// CodesElsewhere has the codes that no package can show.
var CodesElsewhere = map[string]Elsewhere{
	"oversize": {"a bundle has no room for a longer entry than a record may be, so a package cannot hold one; an empty one is a fault of its bundle", []string{"TestRefusals"}},
}

// RowsElsewhere has the attacks that no package can show.
var RowsElsewhere = map[string]Elsewhere{
	"A6":  {"how a challenge is derived is the same for every record; a package of short challenges would be another program's", []string{"TestA6_ChallengesAreWide", "TestA6_WideReduction"}},
	"A12": {"a slip of the prover gives proofs that do not hold (package ballot-proof-bit); that ours is not one is shown by other programs' vectors", []string{"TestA12_ReferenceVectors", "TestA12_OtherImplementationAccepts"}},
	"A13": {"transcripts do not stand on the log", []string{"TestA13_FieldsDoNotRunTogether"}},
	"C10": {"two records with one short name are nothing wrong; that programs compare whole ids does not show in a package", []string{"TestC10_IDsAreNotCutShort", "TestC10_RecordsAreKnownByTheirWholeID"}},
	"D9":  {"how a mixer draws its permutation cannot be seen from outside", []string{"TestD9_PermutationIsUniform", "TestD9_PermutationIsApplied", "TestD9_Imports"}},
	"D10": {"generators are computed and stand in no record; no choice of ids makes two of them coincide", []string{"TestA4_D10_GeneratorsCoincide"}},
	"E12": {"secrets that leak do so beside the log", []string{"TestE12_NothingIsReadableAtRestOrInPrint"}},
	"F1":  {"no blind signature of another kind exists in the program or the format", []string{"TestF1_NoOtherBlindSignature"}},
	"F2":  {"a registrar's answers do not stand on the log", []string{"TestF2_RepeatAndRestartGiveTheSameBytes", "TestF2_SameRequestSameAnswer"}},
	"F13": {"a design refused: the signatures of registrars can be checked by everybody (package ballot-unsigned-key)", []string{"TestF1_NoOtherBlindSignature"}},
	"G9":  {"what browsers run does not stand on the log; the manifest's hashes of it do, and have no part in the verdict", []string{"TestG9_ChangedProgramIsNamed"}},
	"G11": {"a board's store does not stand on the log; what it loses shows by receipts (package receipt-of-a-dropped-ballot)", []string{"TestG11_DamagedStoreIsNotOpened", "TestG11_FailedCommitStopsTheStore"}},
	"H1":  {"an agreed ranking is a valid one; the verifier warns, and publishes rankings sorted", []string{"TestH1_H2_WarningsOfRankedVotes", "TestH1_NothingIsToldInTheOrderOfTheMix"}},
	"H5":  {"what a moment says of its author is a warning and no fault", []string{"TestH5_SupportNamesNobody", "TestF18_WarningsOfAPetition"}},
	"H6":  {"that turnout is seen while voting goes on is accepted (SPEC.md §13)", nil},
	"I4":  {"what a device keeps does not stand on the log; that ballots can be proved to others is accepted (§13)", []string{"TestI4_NothingOfTheChoiceIsKept"}},
	"I5":  {"that cards are collected in public, which shows abstention, is accepted (§13)", nil},
	"I9":  {"whether anybody verifies does not show on the log; the booth looks for its ballots by itself", []string{"TestG3_ADroppedBallotIsShownByItsReceipt"}},
	"I11": {"what a second device compares does not stand on the log", []string{"TestC10_IDsAreNotCutShort"}},
	"J6":  {"a check that is not asked for its answer is a fault of the program", []string{"TestJ6_AZeroReportIsNotVerified", "TestJ7_ChecksAreBound"}},
	"J7":  {"a package answers the same each time", []string{"TestJ7_ASourceThatAnswersTwiceDifferently"}},
	"J8":  {"what a program's timing says does not stand on the log", []string{"TestJ8_MathBigIsConfined", "TestJ8_MixerIsConstantTime"}},
	"J9":  {"dependencies are not on the log", []string{"TestJ9_ModulesArePinned"}},
}
