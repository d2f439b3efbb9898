// Package cloudtest gives tests databases and buckets: those of the servers that .ci/engines starts. Without them tests skip.
package cloudtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/go-sql-driver/mysql"

	"mandate/bulletin/store/cloud"
)

// New returns an empty database and an empty bucket, which go with the test.
func New(t testing.TB) cloud.Config {
	t.Helper()
	dsn, endpoint := os.Getenv("MANDATE_MYSQL"), os.Getenv("MANDATE_S3")
	if dsn == "" || endpoint == "" {
		t.Skip(`no database and bucket for tests: eval "$(.ci/engines start FOLDER)" starts some`)
	}
	var random [6]byte
	rand.Read(random[:])
	name := "t" + hex.EncodeToString(random[:])

	server, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("MANDATE_MYSQL: %v", err)
	}
	admin, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	server.DBName = name

	u, err := url.Parse(endpoint)
	if err != nil || u.User == nil {
		t.Fatalf("MANDATE_S3 is not http://KEY:SECRET@HOST:PORT: %v", err)
	}
	secret, _ := u.User.Password()
	c := cloud.Config{MySQL: server.FormatDSN(), Bucket: name, AccessKey: u.User.Username(), SecretKey: secret}
	u.User = nil
	c.Endpoint = u.String()
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.Endpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey, ""),
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin.Exec("DROP DATABASE " + name)
		admin.Close()
		objects := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &name})
		for objects.HasMorePages() {
			page, err := objects.NextPage(context.Background())
			if err != nil {
				return
			}
			for _, o := range page.Contents {
				client.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &name, Key: o.Key})
			}
		}
		client.DeleteBucket(context.Background(), &s3.DeleteBucketInput{Bucket: &name})
	})
	return c
}
