package jsonl

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

var options = json.MatchCaseInsensitiveNames(true)

// errSlow asks for encoding/json/v2's opinion.
var errSlow = errors.New("not plainly right")

// An Error says where in the text a value could not be decoded.
type Error struct {
	Line   int // from 1, within the text that was given
	Column int // from 1, in bytes
	Err    error
}

func (e *Error) Error() string {
	if e.Line > 1 {
		return fmt.Sprintf("json: line %d column %d: %v", e.Line, e.Column, e.Err)
	}
	return fmt.Sprintf("json: column %d: %v", e.Column, e.Err)
}

// Unwrap returns the error of encoding/json/v2, or what says the same in fewer words.
func (e *Error) Unwrap() error { return e.Err }

// fallback decodes the line with encoding/json/v2 into what dst points to.
func (n *node) fallback(line string, dst reflect.Value) error {
	dst.Elem().SetZero()
	err := json.Unmarshal([]byte(line), dst.Interface(), options)
	if err == nil {
		return nil
	}
	offset := int64(0)
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.ByteOffset
		err = fmt.Errorf("%w%s", syntax.Err, within(syntax.JSONPointer))
	case errors.As(err, &semantic):
		offset = semantic.ByteOffset
		if at := valueAt(line, int(offset)); at != "" && semantic.GoType != nil && semantic.JSONKind != 0 {
			text := fmt.Sprintf("%s does not fit %s%s", at, semantic.GoType, within(semantic.JSONPointer))
			if semantic.Err != nil {
				text += ": " + semantic.Err.Error()
			}
			err = &reworded{text, err}
		}
	}
	offset = min(max(offset, 0), int64(len(line)))
	before := line[:offset]
	return &Error{Line: 1 + strings.Count(before, "\n"), Column: int(offset) - strings.LastIndexByte(before, '\n'), Err: err}
}

type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.err }

func within(p jsontext.Pointer) string {
	if p == "" {
		return ""
	}
	return " in " + strings.Trim(strings.ReplaceAll(string(p), "/", "."), ".")
}

// valueAt is the JSON value at or behind the offset, cut to what fits in a message.
func valueAt(line string, i int) string {
	if i < 0 || i > len(line) {
		return ""
	}
	for i < len(line) && strings.IndexByte(" \t\r\n,:", line[i]) >= 0 {
		i++
	}
	end := skipValue(line, i, 0)
	if end < 0 {
		return ""
	}
	if end-i > 40 {
		return strings.ToValidUTF8(line[i:i+37], "") + "…"
	}
	return line[i:end]
}
