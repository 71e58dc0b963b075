package mask

import (
	"encoding/json"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/endian"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// twoApps has the applications App (lists Country, Month, Year; metrics Revenue over Country and Month, Price over
// Month; property Country.Area) and HR (lists Country, Job; metric Pay over Country and Job).
func twoApps(t testing.TB) *world {
	w := newWorld(t)
	country, month := w.list("Country", "France", "Japan"), w.list("Month", "Jan", "Feb")
	w.list("Year", "2024", "2025")
	w.metric("Revenue", country, month)
	w.metric("Price", month)
	w.metric("Odd.Name", month)
	w.ws.AddProperty(country, "Area", cube.Type{Kind: cube.Number})
	w.ws.AddProperty(w.list("It's"), "a b", cube.Type{Kind: cube.Number})
	w.app.AddMetric("Capital", cube.Type{Kind: cube.Item, List: country}, country)
	hr := w.ws.AddApplication("HR")
	home, job := hr.AddList("Country"), hr.AddList("Job")
	require.NoError(t, home.Append("Peru"))
	require.NoError(t, job.Append("cook"))
	hr.AddMetric("Pay", cube.Type{Kind: cube.Number}, home, job)
	hr.AddMetric("Head", cube.Type{Kind: cube.Number}, job)
	hr.AddMetric("Reach", cube.Type{Kind: cube.Number}, country)
	return w
}

// fieldsOf are columns of text, but float64 where the name starts with #.
func schemaOf(columns ...string) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range columns {
		f := arrow.Field{Name: c, Type: arrow.BinaryTypes.String}
		if c[0] == '#' {
			f.Name, f.Type = c[1:], arrow.PrimitiveTypes.Float64
		}
		fields = append(fields, f)
	}
	return arrow.NewSchema(fields, nil)
}

func TestPlacement(t *testing.T) {
	m := twoApps(t).member("ada")
	app := func(o Options) Options { o.Application = "App"; return o }
	pairs := func(kv ...string) map[string]string { return map[string]string{kv[0]: kv[1]} }
	for _, c := range []struct {
		name   string
		schema *arrow.Schema
		opt    Options
		err    string // "" where it is fine
	}{
		{"by name", schemaOf("Country", "Month", "#Revenue"), app(Options{}), ""},
		{"a property", schemaOf("Country", "#Country.Area"), app(Options{}), ""},
		{"a property as it stands", schemaOf("It's", "#It's.a b"), app(Options{}), ""},
		{"a property in quotes", schemaOf("It's", "#'It''s'.'a b'"), app(Options{}), ""},
		{"a metric with a dot", schemaOf("Month", "#Odd.Name"), app(Options{}), ""},
		{"fixed", schemaOf("Country", "#Revenue"), app(Options{At: pairs("Month", "Jan")}), ""},
		{"another application", schemaOf("Country", "Job", "#HR::Pay"), app(Options{}), ""},
		{"with the application's name", schemaOf("HR::Country", "HR::Job", "#HR::Pay"), app(Options{}), ""},
		{"its own application's name", schemaOf("App::Country", "#App::Revenue"), app(Options{At: pairs("App::Month", "Jan")}), ""},
		{"placed", schemaOf("where", "when", "#x"), app(Options{Columns: pairs("x", "Revenue"), Dims: map[string]string{"where": "Country", "when": "Month"}}), ""},
		{"dimensions alone", schemaOf("where"), app(Options{Dims: pairs("where", "Country")}), ""},
		{"passed", schemaOf("note", "Month", "#Price"), app(Options{Pass: []string{"note"}}), ""},
		{"nothing at all", schemaOf(), app(Options{}), ""},

		{"no application", schemaOf("Month", "#Price"), Options{}, "the workspace has several applications"},
		{"unknown application", schemaOf("Month", "#Price"), Options{Application: "X"}, "unknown application"},
		{"unplaced", schemaOf("Country", "Month", "note", "#Revenue"), app(Options{}), `column "note": it is no measure and no dimension`},
		{"a list that no measure has", schemaOf("Month", "Year", "#Price"), app(Options{}), `column "Year"`},
		{"no column and not fixed", schemaOf("Country", "#Revenue"), app(Options{}), `column "Revenue": its dimension "Month" has no column`},
		{"column and fixed", schemaOf("Country", "Month", "#Revenue"), app(Options{At: pairs("Month", "Jan")}), `"Month" is fixed, and column "Month" is for it too`},
		{"fixed at no item", schemaOf("Country", "#Revenue"), app(Options{At: pairs("Month", "secret")}), `what is given for "Month" is no item`},
		{"fixed without need", schemaOf("Month", "#Price"), app(Options{At: pairs("Country", "Japan")}), `"Country" is no dimension`},
		{"pass a list", schemaOf("Month", "Year", "#Price"), app(Options{Pass: []string{"Year"}}), `column "Year": it names a list, metric or property and cannot be passed`},
		{"pass a metric", schemaOf("Month", "#Revenue", "#Price"), app(Options{Pass: []string{"Revenue"}}), `column "Revenue"`},
		{"pass a property", schemaOf("#Country.Area"), app(Options{Pass: []string{"Country.Area"}}), `column "Country.Area"`},
		{"pass another application's dimension", schemaOf("Job", "#HR::Head"), app(Options{Pass: []string{"Job"}}), `column "Job": it names a list`},
		{"pass Users roles", schemaOf("Users roles"), app(Options{Pass: []string{"Users roles"}}), `column "Users roles"`},
		{"two of one name", schemaOf("Month", "#Price", "#Price"), app(Options{}), `column "Price": two columns have this name`},
		{"placed twice", schemaOf("x", "Month"), app(Options{Columns: pairs("x", "Price"), Dims: pairs("x", "Month")}), `column "x": placed more than once`},
		{"no such column", schemaOf("Month", "#Price"), app(Options{Pass: []string{"y"}}), `column "y": it is placed, but`},
		{"no such block", schemaOf("Month", "#x"), app(Options{Columns: pairs("x", "Cost")}), `column "x": the block it is placed as does not exist`},
		{"no such list", schemaOf("x"), app(Options{Dims: pairs("x", "Price")}), `column "x": the list it is placed as does not exist`},
		{"a list as a measure", schemaOf("x"), app(Options{Columns: pairs("x", "Country")}), `column "x": it is placed as a list`},
		{"two columns for a dimension", schemaOf("Month", "m", "#Price"), app(Options{Dims: pairs("m", "Month")}), `column "Month": column "m" is for the same dimension`},
		{"a name of two lists", schemaOf("Country", "Month", "Job", "#Revenue", "#HR::Pay"), app(Options{}), `column "Country": it names dimensions of more than one list`},
		{"one dimension under two names", schemaOf("Month", "App::Month", "#Price"), app(Options{}), `column "App::Month": column "Month" is for the same dimension`},
		{"fixed under two names", schemaOf("#Price"), app(Options{At: map[string]string{"Month": "Jan", "App::Month": "Feb"}}), "is fixed under two names"},
		{"a float as a dimension", schemaOf("#Month", "#Price"), app(Options{}), `column "Month": values of type float64 name no items`},
		{"text as positions", schemaOf("Month", "#Price"), app(Options{DimIndex: pairs("Month", "Month")}), `column "Month": values of type utf8 are no positions`},
		{"a float as an item", schemaOf("Country", "#Capital"), app(Options{}), `column "Capital": values of type float64 name no items`},
		{"flags clash", schemaOf("Month", "#Price", "Price_locked"), app(Options{Locks: true, Pass: []string{"Price_locked"}}), `column "Price_locked": the output's own`},
		{"dense with dimensions", schemaOf("#Price"), app(Options{Dense: "Price", At: pairs("Month", "Jan")}), "no fixed dimensions"},
		{"dense of other dimensions", schemaOf("#Price", "#Revenue"), app(Options{Dense: "Price"}), `column "Revenue": its block has other dimensions`},
		{"dense with a dimension column", schemaOf("#Price", "Month"), app(Options{Dense: "Price"}), `column "Month": the rows of a dense block have no dimension columns`},
		{"dense block unknown", schemaOf("#Price"), app(Options{Dense: "Cost"}), "the dense block does not exist"},
		{"negative workers", schemaOf("Month", "#Price"), app(Options{Workers: -1}), "Workers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			masker, err := New(m, c.schema, c.opt)
			if c.err == "" {
				require.NoError(t, err)
				require.Equal(t, c.schema.NumFields(), masker.Schema().NumFields())
				return
			}
			require.ErrorContains(t, err, c.err)
			require.Nil(t, masker)
			require.NotContains(t, err.Error(), "secret", "errors quote no items")
		})
	}
}

func TestAllProblemsAreReported(t *testing.T) {
	m := twoApps(t).member("ada")
	_, err := New(m, schemaOf("note", "#Price", "#Revenue"), Options{Application: "App", Workers: -1})
	for _, want := range []string{"Workers", `"note"`, `"Price"`, `"Revenue": its dimension "Country"`, `"Revenue": its dimension "Month"`} {
		require.ErrorContains(t, err, want)
	}
	foreign := arrow.NewSchemaWithEndian(schemaOf("Month", "#Price").Fields(), nil, endian.NonNativeEndian)
	_, err = New(m, foreign, Options{Application: "App"})
	require.ErrorContains(t, err, "byte order")
	_, err = New(nil, schemaOf(), Options{})
	require.ErrorContains(t, err, "no member")
	_, err = New(&engine.Member{}, schemaOf(), Options{})
	require.ErrorContains(t, err, "no member")
	_, err = New(m, nil, Options{})
	require.ErrorContains(t, err, "no schema")
}

func TestMetadataPlacesOnlyWhereTrusted(t *testing.T) {
	w := twoApps(t)
	m := w.member("ada")
	month := w.app.List("Month")
	withMeta := func(name string, dt arrow.DataType, kv ...string) arrow.Field {
		md := map[string]string{"foreign": "x"}
		for i := 0; i < len(kv); i += 2 {
			md[kv[i]] = kv[i+1]
		}
		return arrow.Field{Name: name, Type: dt, Metadata: arrow.MetadataFrom(md)}
	}
	schema := func(fields ...arrow.Field) *arrow.Schema {
		md := arrow.MetadataFrom(map[string]string{"kept": "k", "foreign": "x"})
		return arrow.NewSchema(fields, &md)
	}
	value := withMeta("v", arrow.PrimitiveTypes.Float64, MetadataBlock, "Price")
	text := withMeta("m", arrow.BinaryTypes.String, MetadataList, "Month")
	index := func(digest string) arrow.Field {
		return withMeta("m", arrow.PrimitiveTypes.Int16, MetadataList, "Month", MetadataEncoding, "index", MetadataDigest, digest)
	}
	trust := Options{Application: "App", TrustMetadata: true, KeepMetadata: []string{"kept"}}

	_, err := New(m, schema(value, text), Options{Application: "App"})
	require.ErrorContains(t, err, `column "v": it is no measure`)
	masker, err := New(m, schema(value, text), trust)
	require.NoError(t, err)
	out := masker.Schema()
	require.Equal(t, map[string]string{"kept": "k"}, out.Metadata().ToMap())
	require.Equal(t, map[string]string{MetadataBlock: "Price"}, out.Field(0).Metadata.ToMap())
	require.True(t, out.Field(0).Nullable, "a masked field is nullable")
	_, err = New(m, schema(value, index(Digest(month))), trust)
	require.NoError(t, err)
	_, err = New(m, schema(value, index(Digest(w.app.List("Country")))), trust)
	require.ErrorContains(t, err, MetadataDigest)
	_, err = New(m, schema(value, withMeta("Month", arrow.PrimitiveTypes.Int16, MetadataEncoding, "index")), trust)
	require.ErrorContains(t, err, MetadataDigest)
	_, err = New(m, schema(value, withMeta("m", arrow.PrimitiveTypes.Int16, MetadataList, "Month", MetadataEncoding, "other")), trust)
	require.ErrorContains(t, err, "unknown "+MetadataEncoding)
	_, err = New(m, schema(withMeta("v", arrow.PrimitiveTypes.Float64, MetadataBlock, "Price", MetadataList, "Month")), trust)
	require.ErrorContains(t, err, "a measure and a dimension")

	// The caller's placement wins.
	own := trust
	own.Columns = map[string]string{"v": "Revenue"}
	_, err = New(m, schema(value, text), own)
	require.ErrorContains(t, err, `its dimension "Country"`)

	md := arrow.MetadataFrom(map[string]string{MetadataDense: "Price"})
	dense := arrow.NewSchema([]arrow.Field{value}, &md)
	masker, err = New(m, dense, trust)
	require.NoError(t, err)
	require.NotNil(t, masker.dense)
	require.True(t, masker.Schema().HasMetadata())
	dropping := trust
	dropping.DropRows = true
	masker, err = New(m, dense, dropping)
	require.NoError(t, err)
	require.False(t, masker.Schema().HasMetadata(), "rows that are left are no longer the block's cells")
}

func TestDigest(t *testing.T) {
	l := newWorld(t).list("L", "a", "b")
	// printf 'a\nb\n' | sha256sum
	require.Equal(t, "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2", Digest(l))
}

func TestNestedMetadataAndNullability(t *testing.T) {
	md := arrow.MetadataFrom(map[string]string{"secret": "x"})
	inner := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int8, Metadata: md}
	out, err := outputType(arrow.ListOf(arrow.StructOf(inner)))
	require.NoError(t, err)
	require.True(t, arrow.TypeEqual(out, arrow.ListOf(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int8})), arrow.CheckMetadata()))
	union, err := outputType(arrow.SparseUnionOf([]arrow.Field{inner}, []arrow.UnionTypeCode{3}))
	require.NoError(t, err)
	require.True(t, union.(arrow.UnionType).Fields()[0].Nullable, "a hidden row needs a null")
	for _, dt := range []arrow.DataType{
		arrow.SparseUnionOf(nil, nil), &arrow.FixedSizeBinaryType{ByteWidth: 0}, arrow.ListOf(unknownType{arrow.Null}),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Float32, ValueType: arrow.BinaryTypes.String},
	} {
		_, err := outputType(dt)
		require.ErrorContains(t, err, "cannot be redacted", dt.String())
	}
	deep := arrow.DataType(arrow.PrimitiveTypes.Int8)
	for range 100 {
		deep = arrow.ListOf(deep)
	}
	_, err = outputType(deep)
	require.ErrorContains(t, err, "deeper")
}

// unknownType is a type that nobody wrote a redaction for.
type unknownType struct{ arrow.DataType }

func TestReportJSON(t *testing.T) {
	w := twoApps(t)
	batch := batchOf(field{"Month", texts(memory.DefaultAllocator, "Jan", "Mai", "")}, field{"Price", floats(memory.DefaultAllocator, 1, 2, 3)})
	masker, err := New(w.member("ada"), batch.Schema(), Options{Application: "App"})
	require.NoError(t, err)
	for range 2 {
		out, err := masker.Mask(batch)
		require.NoError(t, err)
		out.Release()
	}
	b, err := json.Marshal(masker.Report())
	require.NoError(t, err)
	require.JSONEq(t, `{"member":"ada","block":{"Price":{"rows":6,"hidden":4,"locked":4,"unplaced":4}},"dimensions":{"Month":{"hidden":2}}}`, string(b))
	require.NotEmpty(t, masker.Report().Note())
}
