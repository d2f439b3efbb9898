package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pelletier/go-toml/v2"
)

// A Config says where a log is. It is read from a file of its own, TOML, because it holds secrets:
//
//	mysql      = "mandate:password@tcp(db.example.org:3306)/board?tls=true"
//	bucket     = "board"
//	region     = "eu-central-1"
//	endpoint   = "https://s3.example.org"
//	access-key = "…"
//	secret-key = "…"
type Config struct {
	// MySQL is the data source name of the database, in the form of github.com/go-sql-driver/mysql. The account may create tables and
	// triggers in it.
	MySQL string `toml:"mysql"`
	// Bucket is the S3 bucket, which must be there; Prefix comes before the names of all objects. Default: none.
	Bucket string `toml:"bucket"`
	Prefix string `toml:"prefix"`
	// Region is the bucket's region. Default us-east-1.
	Region string `toml:"region"`
	// Endpoint is the address of a service other than Amazon's, its buckets being the first part of the path.
	Endpoint string `toml:"endpoint"`
	// AccessKey and SecretKey are the bucket's. Default: what Amazon's own tools find in this machine's environment, such as its role.
	AccessKey string `toml:"access-key"`
	SecretKey string `toml:"secret-key"`
}

// String names the log without secrets.
func (c Config) String() string {
	where := "a database"
	if dsn, err := mysql.ParseDSN(c.MySQL); err == nil {
		where = dsn.Addr + "/" + dsn.DBName
	}
	return fmt.Sprintf("mysql-s3: %s, bucket %s", where, strings.TrimSuffix(c.Bucket+"/"+c.Prefix, "/"))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// maxConfig bounds the file, bytes.
const maxConfig = 64 << 10

// ReadConfig reads a configuration file strictly. Nobody but its owner and group may read it.
func ReadConfig(path string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading where the log is: %w", err)
	}
	if info.Mode()&0o007 != 0 {
		return Config{}, fmt.Errorf("%s holds secrets and is open to all users of this machine (mode %04o): chmod o-rwx it", path, info.Mode().Perm())
	}
	if info.Size() > maxConfig {
		return Config{}, fmt.Errorf("%s has %d bytes, at most %d", path, info.Size(), maxConfig)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading where the log is: %w", err)
	}
	var c Config
	err = toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&c)
	var strict *toml.StrictMissingError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		line, _ := strict.Errors[0].Position()
		return c, fmt.Errorf("%s, line %d: there is no field %s", path, line, strings.Join(strict.Errors[0].Key(), "."))
	case err != nil:
		return c, fmt.Errorf("%s is not as it should be", path) // the error may quote a secret
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (c Config) check() error {
	dsn, err := mysql.ParseDSN(c.MySQL)
	switch {
	case c.MySQL == "":
		return errors.New("mysql: the database is missing")
	case err != nil:
		return errors.New("mysql: not of the form user:password@tcp(host:port)/database")
	case dsn.DBName == "":
		return errors.New("mysql: the name of the database is missing")
	case c.Bucket == "":
		return errors.New("bucket: is missing")
	case (c.AccessKey == "") != (c.SecretKey == ""):
		return errors.New("access-key, secret-key: both or none")
	case strings.HasPrefix(c.Prefix, "/") || c.Prefix != "" && !fs.ValidPath(c.Prefix):
		return fmt.Errorf("prefix: %q, want names joined by slashes", c.Prefix)
	}
	return nil
}
