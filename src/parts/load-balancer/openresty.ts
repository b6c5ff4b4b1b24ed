import { nginxCalled } from './nginx.ts';

/** nginx with Lua, which nothing here needs: the same files. */
export const openresty = nginxCalled('openresty');
