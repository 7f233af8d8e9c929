// Prints the specification's JSON schemas by revision, as the harness carries them in its one file: argv[2].
const text = require("node:fs").readFileSync(process.argv[2], "utf8");
const schemas = /(\w+=\{\$schema:`[^`]+draft-07.*?\});const \w+=(\{"2025-03-26":.*?\})/s.exec(text);
const byRevision = schemas[2].replace(/\[\w+\]/, '"2026-07-28"');
process.stdout.write(JSON.stringify(new Function(`const ${schemas[1]}; return ${byRevision};`)()));
