// Every endpoint by name. The server binds them all, the SDK calls them, the documentation lists them.
export * from './checkpoint.ts';
export * from './cluster.ts';
export * from './dataset.ts';
export * from './host.ts';
export * from './logs.ts';
export * from './machine.ts';
export * from './policy.ts';
export * from './project.ts';
export * from './rows.ts';
export * from './session.ts';
export * from './task.ts';
export * from './token.ts';
export * from './user.ts';
export * from './visibility.ts';
