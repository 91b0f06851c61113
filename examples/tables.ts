// Tables in TypeScript: rentals, a machine whose faults change, a series. Expects the environment of hanamictl, and the tables of `npm run tables`.
import { readFileSync } from 'node:fs';
import { connect } from '@openhanami/sdk';

const { HANAMI_ADDRESS: address = '', HANAMI_USER: user = '', HANAMI_PASSPHRASE: passphrase = '' } = process.env;
const hanami = await connect({ address, user, passphrase });

// A file, and what is to be answered from its other columns.
const rentals = await hanami.learn('tables/rentals.csv', { target: 'rentals', table: { skip: ['id'] } });
console.log(
  `R² ${rentals.judged['rentals']?.r2?.toFixed(2)}`,
  rentals.importance.slice(0, 2).map(({ field }) => field),
);
const [answer] = await rentals.predict([{ time: '2025-10-13 17:00', temperature: 21, sky: 'clear', station: 'station 8' }]);
console.log(`hired: ${Number(answer?.['rentals']?.value).toFixed(0)}`);

// Rows as they come: the machine's faults have another cause in the second half.
const [header = '', ...lines] = readFileSync('tables/machine.csv', 'utf8').trim().split('\n');
const names = header.split(',');
const rows = lines.map((line) => {
  const values = line.split(',');
  return Object.fromEntries(names.map((name, i) => [name, name === 'state' ? (values[i] ?? null) : Number(values[i])]));
});
const machine = await hanami.learn(rows.slice(0, 3000), { target: 'state', name: 'machine in rows' });
console.log(`accuracy ${machine.judged['state']?.accuracy?.toFixed(2)}`);
await machine.teach(rows.slice(3000, 5000));
const { state } = await machine.teach(rows.slice(5000));
console.log(`after the change, before they were learnt: ${state?.accuracy?.toFixed(2)}`);
const { importance } = await machine.explain(rows.slice(5000));
console.log(`what matters now: ${importance[0]?.field}`);

// A series: the next 24 hours from the 24 before.
const town = await hanami.learn('tables/load.csv', { target: 'megawatts', forecast: 24, window: 24, passes: 2, name: 'town in rows' });
console.log(`R² ${town.judged['megawatts']?.r2?.toFixed(2)} for 24 hours ahead`);
