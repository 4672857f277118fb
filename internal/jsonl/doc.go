// Package jsonl decodes lines of JSON into Go values, fast enough that a disk or a page cache is what limits it.
//
// A type is compiled once into a tree of nodes that read the text directly. Strings without escapes are substrings of the line and
// copy nothing, so they keep the memory behind the line alive. Members that the type does not ask for are checked for syntax
// and jumped over. The order, spelling and spacing of the members of the records before is remembered, so a member name costs one or
// two comparisons of eight bytes.
//
// The meaning is that of encoding/json/v2 with MatchCaseInsensitiveNames: a member belongs to the field of its exact name,
// otherwise to the one field of its name without regard to case, dashes and underscores ("first_name" is FirstName); unknown members
// are ignored, null gives the zero value, a number outside of the field's type, a string that is not UTF-8 and a
// member that comes twice are errors. This is not left to luck: whatever is not plainly right, and every type that is not compiled
// (those with methods of their own, tags with options, arrays, times), is given to encoding/json/v2 itself, which also words the
// errors. One thing differs: among members that are ignored, duplicate names are not looked for.
package jsonl
