// What platform-node.ts provides, implemented for browsers.
import type * as node from './platform-node.ts';

/** @throws Error if certificates are not to be verified. */
export const fetchFor: typeof node.fetchFor = async (_, verifyConnection) => {
  if (!verifyConnection) throw new Error('a browser always verifies certificates; verifyConnection: false works in Node only');
  return (...request) => fetch(...request);
};

/** Opens a websocket. */
export const openSocket: typeof node.openSocket = async (url) => new WebSocket(url);

/** @throws Error always, since browsers open no paths. */
export const openFile: typeof node.openFile = (path) => {
  throw new Error(`a browser cannot open the path ${path}; pass a File or Blob`);
};
