// The same names as platform-node.ts, with what a browser has.
import type * as node from './platform-node.ts';

export const fetchFor: typeof node.fetchFor = async (_, verifyConnection) => {
  if (!verifyConnection) throw new Error('a browser always verifies certificates; verifyConnection: false works in Node only');
  return (...request) => fetch(...request);
};

export const openSocket: typeof node.openSocket = async (url) => new WebSocket(url);

export const openFile: typeof node.openFile = (path) => {
  throw new Error(`a browser cannot open the path ${path}; pass a File or Blob`);
};
