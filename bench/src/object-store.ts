// npm run bench:object-store: the same server with its files in folders and in a bucket, in turn; prints a table and writes bench/object-store.json.
import { S3Server } from '../../tests/s3-server.ts';
import { compareFiles } from './files.ts';

const s3 = await S3Server.start();
try {
  await compareFiles({ folders: {}, 'a bucket': { HANAMI_STORAGE_LOCATION: s3.newPlace(), ...s3.variables } }, 'object-store.json');
} finally {
  await s3.remove();
}
