// Package arrow17 hands records of github.com/apache/arrow/go/v17, which is frozen, to what works with its continuation
// github.com/apache/arrow-go/v18, and back. No value is copied: the result's buffers are the input's memory, which
// they keep alive until they are released.
//
// Types of both versions are alike but for decimals of 32 and 64 bits, which v17 lacks. An extension type that the
// other version has registered under its name becomes that; else the column has the type's storage, and its name in the
// field's metadata (ARROW:extension:name), as in an IPC stream that somebody reads who does not know the type. On the
// way back it is that type again.
//
// Arrays are taken as they are, as one takes those of a library in the same process. What comes from strangers is for
// v18 to read, whose readers check it.
package arrow17
