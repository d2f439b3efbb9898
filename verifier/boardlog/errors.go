package boardlog

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrInvalid is what every error wraps that says that the log, checkpoint, receipt or package is wrong. An error that does not wrap it
	// says that something could not be read.
	ErrInvalid = errors.New("not valid")

	// ErrTruncated says that an audit package ends before its tree does. It does not wrap ErrInvalid: the package was not read whole.
	ErrTruncated = errors.New("the audit package ends too early")

	// ErrStale says that the log shown is older than something known about it: a receipt, or an earlier checkpoint.
	ErrStale = fmt.Errorf("the log shown is older than what is known of it: %w", ErrInvalid)
)

// A HeadError says that a checkpoint has not the form of one, so that nobody's signature on it was looked at.
type HeadError struct{ Err error }

func (e *HeadError) Error() string   { return e.Err.Error() }
func (e *HeadError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// A RecordError says which record is not what the log committed to.
type RecordError struct {
	Index uint64
	Err   error
}

func (e *RecordError) Error() string   { return fmt.Sprintf("record %d: %v", e.Index, e.Err) }
func (e *RecordError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// A TileError says which tile or bundle is not what the log committed to. First and Last are the indexes of the records below it.
type TileError struct {
	Path        string
	First, Last uint64
	Err         error
}

func (e *TileError) Error() string {
	return fmt.Sprintf("%s (records %d to %d): %v", e.Path, e.First, e.Last, e.Err)
}
func (e *TileError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// A RootError says that the right edge of the tree, taken whole, does not hash to the root in the checkpoint.
type RootError struct {
	Size uint64
}

func (e *RootError) Error() string {
	return fmt.Sprintf("the tiles do not hash to the checkpoint's root at size %d", e.Size)
}
func (e *RootError) Unwrap() error { return ErrInvalid }

// A HistoryError says that two signed checkpoints of one log contradict each other: the board has shown two histories. With the proof they
// convince anybody who knows the log's key (package evidence).
type HistoryError struct {
	Known, Shown SignedCheckpoint
	Prefix       []tlog.Hash // Tree.ProvePrefix of Shown at the size of Known; nil if the sizes are equal, or it could not be read
}

func (e *HistoryError) Error() string {
	return fmt.Sprintf("two histories: the checkpoint of size %d is not a past of the one of size %d", e.Known.Size(), e.Shown.Size())
}
func (e *HistoryError) Unwrap() error { return ErrInvalid }

// A PackageError says what in an audit package, other than a record or a tile, is not as it must be.
type PackageError struct {
	File   string // the file in the package, or "" for the package as a whole
	Part   string // "header", "padding", "end", "name", "size"
	Offset int64  // in the tar file, or -1
	Err    error
}

func (e *PackageError) Error() string {
	where := "audit package"
	if e.File != "" {
		where += ", " + e.File
	}
	if e.Offset >= 0 {
		return fmt.Sprintf("%s: %s at byte %d: %v", where, e.Part, e.Offset, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v", where, e.Part, e.Err)
}
func (e *PackageError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// invalidf is fmt.Errorf for an error that wraps ErrInvalid without saying so.
func invalidf(format string, args ...any) error {
	return &invalidError{fmt.Errorf(format, args...)}
}

type invalidError struct{ err error }

func (e *invalidError) Error() string   { return e.err.Error() }
func (e *invalidError) Unwrap() []error { return []error{ErrInvalid, e.err} }
