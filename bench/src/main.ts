// npm run bench [-- accuracy regression fields growth drift speed scale threads server csv tables download rest direct sideBySide]: measures, prints a table, and writes bench/results.json.
import { csvFigures } from './csv.ts';
import { directFigures } from './direct.ts';
import { downloadFigures } from './download.ts';
import { accuracyFigures } from './engine/accuracy.ts';
import { driftFigures } from './engine/drift.ts';
import { fieldFigures } from './engine/fields.ts';
import { growthFigures } from './engine/growth.ts';
import { regressionFigures } from './engine/regression.ts';
import { scaleFigures } from './engine/scale.ts';
import { speedFigures } from './engine/speed.ts';
import { threadFigures } from './engine/threads.ts';
import { type Figure, printFigures } from './figure.ts';
import { restFigures } from './rest.ts';
import { serverFigures } from './server.ts';
import { sideBySideFigures } from './side-by-side.ts';
import { tableFigures } from './tables-speed.ts';

const groups: Record<string, () => Promise<Figure[]>> = {
  accuracy: accuracyFigures,
  regression: regressionFigures,
  fields: fieldFigures,
  growth: growthFigures,
  drift: driftFigures,
  speed: speedFigures,
  scale: scaleFigures,
  threads: threadFigures,
  server: serverFigures,
  csv: csvFigures,
  tables: tableFigures,
  download: downloadFigures,
  rest: restFigures,
  direct: directFigures,
  sideBySide: sideBySideFigures,
};
const wanted = process.argv.slice(2);
for (const name of wanted)
  if (!(name in groups)) throw new Error(`there is no bench '${name}'; there are ${Object.keys(groups).join(', ')}`);

const figures: Figure[] = [];
for (const [name, measure] of Object.entries(groups)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring: ${name} …`);
  figures.push(...(await measure()));
}

printFigures(figures, 'results.json');
