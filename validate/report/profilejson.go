package report

import (
	"strconv"

	"poolprep/validate/rule"
)

// appendProfile appends what is known of the columns as one JSON object.
func appendProfile(dst []byte, p *rule.Profile) []byte {
	dst = append(dst, `{"columns":[`...)
	for i := range p.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendColumn(dst, &p.Columns[i])
	}
	return append(dst, "]}"...)
}

func appendColumn(dst []byte, c *rule.Column) []byte {
	dst = AppendString(append(dst, `{"name":`...), c.Name)
	dst = appendTotals(dst, []total{{"filled", c.Filled}, {"empty", c.Empty}, {"distinct", c.Distinct}})
	dst = strconv.AppendFloat(append(dst, `,"distinct_error":`...), c.DistinctError, 'f', -1, 64)
	dst = appendTotals(dst, []total{{"shortest", c.Shortest}, {"longest", c.Longest}})
	dst = appendCounts(append(dst, `,"shapes":`...), c.Shapes)
	dst = appendCounts(append(dst, `,"rejected_shapes":`...), c.RejectedShapes)
	dst = strconv.AppendBool(append(dst, `,"shapes_exact":`...), c.ShapesExact)
	dst = appendCounts(append(dst, `,"domains":`...), c.Domains)
	dst = appendTotals(dst, []total{{"true", c.True}, {"false", c.False}})
	dst = AppendString(append(dst, `,"first":`...), c.First)
	dst = AppendString(append(dst, `,"last":`...), c.Last)
	return append(dst, '}')
}

// appendCounts appends counts as a JSON array.
func appendCounts(dst []byte, counts []rule.Count) []byte {
	dst = append(dst, '[')
	for i, c := range counts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(append(dst, `{"value":`...), c.Value)
		dst = append(strconv.AppendInt(append(dst, `,"count":`...), c.Count, 10), '}')
	}
	return append(dst, ']')
}
