package store

import (
	"bytes"
	"errors"
	"fmt"
)

// element is one entry of a page: a key with the page of its subtree, or with a value.
type element struct {
	key, value []byte
	flags      uint32
	child      uint64
}

// tree checks the tree under a page, whose keys must be at least low and below high. It
// calls leaf for each entry in order, and returns the last key.
func (v *verification) tree(id uint64, low, high []byte, leaf func(key, value []byte, flags uint32) error) (last []byte, err error) {
	if v.depth++; v.depth > maxDepth {
		return nil, errors.New("its tree is too deep")
	}
	defer func() { v.depth-- }()
	p, err := v.read(id)
	if err != nil {
		return nil, err
	}
	all, _, err := p.elements()
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	if err := ordered(all, low, high); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	if p.kind == kindLeaf {
		return entries(all, leaf)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("page %d is a branch without entries", id)
	}
	for i, e := range all {
		next := high
		if i+1 < len(all) {
			next = all[i+1].key
		}
		if last, err = v.tree(e.child, e.key, next, leaf); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// inline checks the only page of a small bucket, which is stored in its value.
func (v *verification) inline(data []byte, leaf func(key, value []byte, flags uint32) error) (last []byte, err error) {
	if len(data) < pageHeader {
		return nil, errors.New("the page of a bucket is truncated")
	}
	p := page{kind: order.Uint16(data[8:]), count: order.Uint16(data[10:]), data: data}
	all, end, err := p.elements()
	if err != nil {
		return nil, err
	}
	if p.kind != kindLeaf || end != len(data) || order.Uint64(data) != 0 || order.Uint32(data[12:]) != 0 {
		return nil, errors.New("the page of a bucket is not a leaf page")
	}
	if err := ordered(all, nil, nil); err != nil {
		return nil, err
	}
	return entries(all, leaf)
}

// entries calls leaf for each entry in order, and returns the last key.
func entries(all []element, leaf func(key, value []byte, flags uint32) error) (last []byte, err error) {
	for _, e := range all {
		if err := leaf(e.key, e.value, e.flags); err != nil {
			return nil, err
		}
		last = e.key
	}
	return last, nil
}

// ordered returns an error if keys are not in order, or not at least low and below
// high.
func ordered(all []element, low, high []byte) error {
	for i, e := range all {
		if !within(e.key, low, high) || i > 0 && bytes.Compare(all[i-1].key, e.key) >= 0 {
			return fmt.Errorf("key %q is out of order", e.key)
		}
	}
	return nil
}

// elements returns the entries of a page and the offset of their end. bbolt writes the
// data of the entries without gaps after the table of their positions; a gap means
// that an entry is lost.
func (p page) elements() (all []element, end int, err error) {
	if p.kind != kindLeaf && p.kind != kindBranch {
		return nil, 0, fmt.Errorf("it has the kind %#x, not that of a branch or a leaf", p.kind)
	}
	end = pageHeader + elementSize*int(p.count)
	if end > len(p.data) {
		return nil, 0, fmt.Errorf("%d entries in %d bytes", p.count, len(p.data))
	}
	if p.count == 0 && len(bytes.Trim(p.data[pageHeader:], "\x00")) > 0 {
		return nil, 0, errors.New("it has data but no entries")
	}
	all = make([]element, p.count)
	for i := range all {
		at := pageHeader + elementSize*i
		raw := p.data[at:]
		e, position, key, value := element{}, order.Uint32(raw), order.Uint32(raw[4:]), uint32(0)
		if p.kind == kindLeaf {
			e.flags, position, key, value = order.Uint32(raw), order.Uint32(raw[4:]), order.Uint32(raw[8:]), order.Uint32(raw[12:])
		} else {
			e.child = order.Uint64(raw[8:])
		}
		if key == 0 || at+int(position) != end || uint64(key)+uint64(value) > uint64(len(p.data)-end) {
			return nil, 0, fmt.Errorf("the data of entry %d is at the wrong position", i)
		}
		e.key = p.data[end : end+int(key)]
		end += int(key)
		e.value = p.data[end : end+int(value)]
		end += int(value)
		all[i] = e
	}
	return all, end, nil
}
