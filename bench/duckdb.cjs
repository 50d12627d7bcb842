// Runs the SQL of the first argument in the DuckDB of the npm package.
const { DuckDBInstance } = require('@duckdb/node-api');

(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(process.argv[2]);
  for (const row of reader.getRows()) console.log(row.join(','));
})().catch((error) => {
  console.error(String(error.message || error).split('\n')[0]);
  process.exit(1);
});
