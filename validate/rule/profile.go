package rule

// Profile says what the columns of the pool held, as they were judged.
type Profile struct {
	Columns []Column `json:"columns"` // in the order of the pool
}

// Column is what a column of the pool held, in every record whose values were judged. Values
// that have an error finding of their own count in RejectedShapes; they count neither in
// Shapes nor in Domains, True, False, First and Last.
type Column struct {
	Name     string `json:"name"`
	Filled   int64  `json:"filled"` // values
	Empty    int64  `json:"empty"`
	Distinct int64  `json:"distinct"` // different values
	// DistinctError is by which share of itself Distinct may be wrong; 0: it is exact.
	DistinctError float64 `json:"distinct_error"`
	Shortest      int64   `json:"shortest"` // value, in code points; 0: there is none
	Longest       int64   `json:"longest"`
	// Shapes are the most frequent forms of values: letters as a and A, digits as 9, the
	// rest as it is, cut after 64 code points; none of secrets.
	Shapes         []Count `json:"shapes"`
	RejectedShapes []Count `json:"rejected_shapes"`
	// ShapesExact says that no shape was forgotten on the way for want of memory; else counts
	// of shapes and domains may be a little too low.
	ShapesExact bool `json:"shapes_exact"`
	// Domains are the most frequent ones of e-mail addresses, in lower case. Those of a few
	// rows are summed as "other", the last one.
	Domains []Count `json:"domains"`
	True    int64   `json:"true"` // booleans
	False   int64   `json:"false"`
	// First and Last are the range of dates: years, or with values days; "": there are none.
	First string `json:"first"`
	Last  string `json:"last"`
}

// Count is how often there was something.
type Count struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}
