import type { CodeOf } from '../parts/code.tsx';

/** What the tabs of the administration show, for programs. */
export const CODE: Readonly<Record<string, CodeOf>> = {
  hosts: {
    hanamictl: 'hanamictl host list',
    TypeScript: 'const hosts = await hanami.api.listHosts({});',
    Python: 'hosts.list_hosts(token, address)',
  },
  sessions: {
    hanamictl: 'hanamictl session list',
    TypeScript: 'const sessions = await hanami.api.listSessions({});',
    Python: 'hanami_request.get(token, address, "/session/all", {})',
  },
  tasks: {
    hanamictl: 'hanamictl task list',
    TypeScript: "const tasks = await hanami.api.listTasks({ order: 'newest' });",
    Python: 'hanami_request.get(token, address, "/task/all", {"order": "newest"})',
  },
  policy: {
    hanamictl: 'hanamictl user roles',
    TypeScript: 'const policy = await hanami.api.getPolicy({});',
    Python: 'user.get_policy(token, address)',
  },
  audit: {
    hanamictl: 'hanamictl log audit --text cluster',
    TypeScript: "const entries = await hanami.api.getAuditLog({ text: 'cluster' });",
    Python: 'logs.list_audit_logs(token, address, text="cluster")',
  },
  users: {
    hanamictl: 'hanamictl user list',
    TypeScript: 'const users = await hanami.api.listUsers({});',
    Python: 'user.list_users(token, address)',
  },
  projects: {
    hanamictl: 'hanamictl project list',
    TypeScript: 'const projects = await hanami.api.listProjects({});',
    Python: 'project.list_projects(token, address)',
  },
  errors: {
    hanamictl: 'hanamictl log error',
    TypeScript: 'const entries = await hanami.api.getErrorLog({});',
    Python: 'logs.list_error_logs(token, address)',
  },
  machine: {
    hanamictl: 'hanamictl machine info',
    TypeScript: 'const { info } = await hanami.api.getSystemInfo({});',
    Python: 'hanami_request.get(token, address, "/system_info", {})',
  },
};
