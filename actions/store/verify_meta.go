package store

import (
	"hash/fnv"
	"os"
)

// meta is the content of one of the first two pages.
type meta struct{ pageSize, root, freelist, pages, transaction uint64 }

// newestMeta returns the one of the first two pages that bbolt uses: the valid one of
// the newest transaction. The other may be incomplete after a crash during a commit.
func newestMeta(f *os.File) (newest meta, ok bool) {
	note := func(at, pageSize uint64) {
		m, sound := readMeta(f, at)
		if sound && (pageSize == 0 || m.pageSize == pageSize) && (!ok || m.transaction > newest.transaction) {
			newest, ok = m, true
		}
	}
	note(0, 0)
	if ok {
		note(newest.pageSize, newest.pageSize)
		return newest, true
	}
	for size := uint64(1024); size <= 1<<24 && !ok; size *= 2 {
		note(size, size)
	}
	return newest, ok
}

// readMeta reads a meta page at an offset in bytes, and reports whether it is valid.
func readMeta(f *os.File, at uint64) (meta, bool) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		return meta{}, false
	}
	b = b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	m := meta{
		pageSize: uint64(order.Uint32(b[8:])), root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		pages: order.Uint64(b[40:]), transaction: order.Uint64(b[48:]),
	}
	size := m.pageSize
	return m, order.Uint32(b) == metaMagic && order.Uint32(b[4:]) == metaVersion && order.Uint64(b[56:]) == sum.Sum64() &&
		size >= 1024 && size <= 1<<24 && size&(size-1) == 0
}
