package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// sdk returns the configuration of Amazon's client for the bucket's service.
func (c Config) sdk(ctx context.Context) (aws.Config, func(*s3.Options), error) {
	region := c.Region
	if region == "" {
		region = "us-east-1"
	}
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(region),
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(30 * time.Second).WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = 64
		})),
	}
	if c.AccessKey != "" {
		options = append(options, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey, "")))
	}
	sdk, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sdk, nil, fmt.Errorf("configuring the bucket: %w", err)
	}
	return sdk, func(o *s3.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = aws.String(c.Endpoint), true
		}
	}, nil
}

// A bucket is where files of the log are.
type bucket struct {
	client       *s3.Client
	name, prefix string
}

func openBucket(c Config, sdk aws.Config, options func(*s3.Options)) *bucket {
	return &bucket{client: s3.NewFromConfig(sdk, options), name: c.Bucket, prefix: c.Prefix}
}

// read returns a file. The error is fs.ErrNotExist if there is none.
func (b *bucket) read(ctx context.Context, name string) ([]byte, error) {
	got, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: aws.String(path.Join(b.prefix, name))})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s from the bucket: %w", name, err)
	}
	defer got.Body.Close()
	const most = boardlog.TileWidth * (boardlog.MaxEntrySize + 2)
	data, err := io.ReadAll(io.LimitReader(got.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s from the bucket: %w", name, err)
	}
	if len(data) > most {
		return nil, fmt.Errorf("reading %s from the bucket: it is too large", name)
	}
	return data, nil
}

// tile returns a hash tile or bundle of some width, or the full one if that has replaced it.
func (b *bucket) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	data, err := b.read(ctx, boardlog.TilePath(t))
	if t.W < boardlog.TileWidth && errors.Is(err, fs.ErrNotExist) {
		t.W = boardlog.TileWidth
		data, err = b.read(ctx, boardlog.TilePath(t))
	}
	return data, err
}

// write makes a file. Tiles and bundles never change, so they may be kept for ever by whatever serves them.
func (b *bucket) write(ctx context.Context, name string, data []byte) error {
	kind, cache := "application/octet-stream", "max-age=604800,immutable" // as Tessera's driver writes them
	if name == boardlog.CheckpointPath {
		kind, cache = "text/plain; charset=utf-8", "no-cache"
	}
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String(path.Join(b.prefix, name)), Body: bytes.NewReader(data), ContentType: &kind, CacheControl: &cache,
	})
	if err != nil {
		return fmt.Errorf("writing %s to the bucket: %w", name, err)
	}
	return nil
}
