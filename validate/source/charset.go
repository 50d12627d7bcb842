package source

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"

	"poolprep/validate/suggest"
)

// charsetSample is how many bytes of an input are looked at to recognise its
// character set.
const charsetSample = 64 << 10

// marks are the byte order marks, longest first.
var marks = []struct{ mark, charset string }{
	{"\xff\xfe\x00\x00", "utf-32le"},
	{"\x00\x00\xfe\xff", "utf-32be"},
	{"\xef\xbb\xbf", "utf-8"},
	{"\xff\xfe", "utf-16le"},
	{"\xfe\xff", "utf-16be"},
}

// common are the names that a typing mistake is compared with.
var common = []string{
	"utf-8", "utf-16le", "utf-16be", "utf-32le", "utf-32be", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
	"windows-1254", "windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh", "koi8-r", "ibm850", "shift_jis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr",
}

// Charsets returns names of character sets that people have, in the spelling of
// Options.Encoding. There are more.
func Charsets() []string { return slices.Clone(common) }

// openCharset turns text into UTF-8 without byte order mark.
func (in *Input) openCharset(o Options) error {
	head, text, err := peekRaw(in.text, charsetSample)
	if err != nil {
		return err
	}
	in.text = text
	marked, mark := "", ""
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			marked, mark = m.charset, m.mark
			break
		}
	}
	stated := strings.ToLower(o.Encoding)
	if stated == "utf-16" || stated == "utf-32" {
		if !strings.HasPrefix(marked, stated) {
			return &EncodingError{File: in.name, Stated: stated}
		}
		stated = marked
	}
	enc, charset, err := lookUp(stated)
	if err != nil {
		return err
	}
	switch {
	case charset == "":
		charset = "utf-8"
		if marked != "" {
			enc, charset, err = lookUp(marked)
		}
	case marked != "" && marked != charset && (marked == "utf-8" || strings.HasPrefix(charset, "utf-")):
		return &EncodingError{File: in.name, Stated: charset, Found: marked, Mark: true}
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(charset, "utf-") && isUTF8Text(head) {
		return &EncodingError{File: in.name, Stated: charset, Found: "utf-8"}
	}
	in.charset = charset
	if marked == charset {
		in.bom = true
		if _, err := io.CopyN(io.Discard, in.text, int64(len(mark))); err != nil {
			return err
		}
		if charset == "utf-8" {
			in.start = int64(len(mark))
		}
	}
	if charset != "utf-8" {
		in.text = transform.NewReader(in.text, transform.Chain(enc.NewDecoder(), refuser{}))
	}
	return nil
}

// isUTF8Text reports whether a sample, which may end within a character, holds
// characters outside ASCII and all of them are UTF-8. Text in a legacy character
// set is so by a rare chance at most; rejects.csv, which is always written in
// UTF-8, is so whenever it matters.
func isUTF8Text(sample []byte) bool {
	outside := 0
	for i := 0; i < len(sample); {
		r, n := utf8.DecodeRune(sample[i:])
		if r == utf8.RuneError && n == 1 {
			return outside > 0 && !utf8.FullRune(sample[i:])
		}
		if n > 1 {
			outside++
		}
		i += n
	}
	return outside > 0
}

// lookUp returns the encoding with the given name and the name in its usual
// form; nothing for "" and "auto".
func lookUp(name string) (encoding.Encoding, string, error) {
	switch name {
	case "", "auto":
		return nil, "", nil
	case "utf-8", "utf8":
		return encoding.Nop, "utf-8", nil
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), name, nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), name, nil
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), name, nil
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), name, nil
	}
	if e, err := htmlindex.Get(name); err == nil {
		usual, err := htmlindex.Name(e)
		if err != nil {
			usual = name
		}
		return e, usual, nil
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e, name, nil
	}
	return nil, "", fmt.Errorf("unknown encoding %q%s (such as utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis)", name, suggest.DidYouMean(name, common))
}

// refuser turns the replacement character that a decoder delivers for bytes it
// does not know into the byte 0xFF, which no UTF-8 holds: so the record with it
// is rejected as any other with wrong bytes, and its neighbours are not.
type refuser struct{ transform.NopResetter }

func (refuser) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	const replacement = "\xef\xbf\xbd"
	for nSrc < len(src) {
		if nDst == len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		rest := src[nSrc:]
		switch {
		case bytes.HasPrefix(rest, []byte(replacement)):
			dst[nDst] = 0xFF
			nSrc += len(replacement)
		case len(rest) < len(replacement) && !atEOF && strings.HasPrefix(replacement, string(rest)):
			return nDst, nSrc, transform.ErrShortSrc
		default:
			dst[nDst] = rest[0]
			nSrc++
		}
		nDst++
	}
	return nDst, nSrc, nil
}
