package boardlog

import "context"

// A Source holds a log's files: "checkpoint", hash tiles such as "tile/0/000" and "tile/1/000.p/4", entry bundles such as
// "tile/entries/x001/000". What it returns is not believed.
//
// ReadFile must be safe for concurrent use. An error for a file that is not there wraps [io/fs.ErrNotExist]. An implementation refuses files
// larger than [MaxSize] before reading them whole.
type Source interface {
	ReadFile(ctx context.Context, path string) ([]byte, error)
}

// A SourceFunc is a function as a Source.
type SourceFunc func(ctx context.Context, path string) ([]byte, error)

// ReadFile calls the function.
func (f SourceFunc) ReadFile(ctx context.Context, path string) ([]byte, error) { return f(ctx, path) }
