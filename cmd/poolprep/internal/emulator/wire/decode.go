package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
)

// Decode reads the body of a call, a JSON object, into a pointer to a struct. Members that
// the operation does not know are ignored, as the service does; a name in other letters'
// case is not known.
func Decode(body []byte, into any) error {
	if !json.Valid(body) {
		return Malformed("the body is not valid JSON")
	}
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(known(body, reflect.TypeOf(into)), into); {
	case errors.As(err, &wrong) && wrong.Field == "":
		return Malformed("the body must be a JSON object")
	case errors.As(err, &wrong):
		return Malformed("%s cannot be a JSON %s", wrong.Field, strings.SplitN(wrong.Value, " ", 2)[0])
	case err != nil:
		return Malformed("the body is not valid JSON")
	}
	return nil
}

var decoder = reflect.TypeFor[json.Unmarshaler]()

// known returns valid JSON without the members that t does not have by exactly
// their name. What is of another kind than t is returned as it is.
func known(text json.RawMessage, t reflect.Type) json.RawMessage {
	if reflect.PointerTo(t).Implements(decoder) || t.Implements(decoder) {
		return text
	}
	switch t.Kind() {
	case reflect.Pointer:
		return known(text, t.Elem())
	case reflect.Struct:
		fields := fieldsOf(t)
		return rebuilt(text, func(name string) reflect.Type { return fields[name] })
	case reflect.Map:
		return rebuilt(text, func(string) reflect.Type { return t.Elem() })
	case reflect.Slice, reflect.Array:
		var list []json.RawMessage
		if t.Elem().Kind() == reflect.Uint8 || json.Unmarshal(text, &list) != nil || list == nil {
			return text
		}
		for i := range list {
			list[i] = known(list[i], t.Elem())
		}
		return encoded(list)
	}
	return text
}

// rebuilt returns an object with those members that typeOf knows.
func rebuilt(text json.RawMessage, typeOf func(name string) reflect.Type) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		return text // no object
	}
	for name, value := range members {
		t := typeOf(name)
		if t == nil {
			delete(members, name)
			continue
		}
		members[name] = known(value, t)
	}
	return encoded(members)
}

// encoded writes parts of valid JSON, which cannot fail.
func encoded(parts any) json.RawMessage {
	text, err := json.Marshal(parts)
	if err != nil {
		return nil
	}
	return text
}

var fieldCache sync.Map // reflect.Type to map[string]reflect.Type

// fieldsOf returns the types of a struct's members by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if kept, ok := fieldCache.Load(t); ok {
		return kept.(map[string]reflect.Type)
	}
	fields := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-" || f.Anonymous && name == "":
			continue
		case name == "":
			name = f.Name
		}
		fields[name] = f.Type
	}
	fieldCache.Store(t, fields)
	return fields
}
