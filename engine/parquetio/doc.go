// Package parquetio reads Parquet files into Arrow record batches, as tables of a model and as input of a mask, and
// writes batches to them. It is a package of its own because what it stands on links gRPC, which no user of the
// library should have to.
package parquetio
