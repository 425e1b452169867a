// Parley's web client: one file, no library. It shows how a client is meant to talk to the gateway:
// a ticket opens the socket, `since` resumes it, `client_id` makes sending twice harmless.

const $ = (id) => document.getElementById(id);
const tokens = { access: null, refresh: sessionStorage.getItem("refresh") };
let me = null;
let invite; // the code to register with, from a link
let room = null; // the open room: {id, name, seq, epoch, socket, tries, pending, shown, held}

// --- calls

async function call(method, path, body, again = true) {
  const headers = {};
  if (tokens.access) headers.Authorization = `Bearer ${tokens.access}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 401 && again && tokens.refresh && !path.startsWith("/auth/")) {
    await refresh();
    return call(method, path, body, false);
  }
  const text = await answer.text();
  const content = text ? JSON.parse(text) : null;
  if (!answer.ok) throw Object.assign(new Error(content.detail), { status: answer.status, code: content.code });
  return content;
}

function keep(pair) {
  tokens.access = pair.access_token;
  tokens.refresh = pair.refresh_token;
  sessionStorage.setItem("refresh", pair.refresh_token);
}

let refreshing = null; // one at a time: a refresh token used twice ends the session
function refresh() {
  refreshing ??= call("POST", "/auth/refresh", { refresh_token: tokens.refresh }, false)
    .then(keep)
    .catch((error) => { if (error.status === 401) forget(); throw error; })
    .finally(() => { refreshing = null; });
  return refreshing;
}

function forget() {
  tokens.access = tokens.refresh = me = null;
  sessionStorage.removeItem("refresh");
  closeRoom();
  $("house").hidden = true;
  $("door").hidden = false;
}

// --- the door

async function enter(register) {
  const username = $("username").value, password = $("password").value;
  try {
    if (register) await call("POST", "/auth/register", { username, password, email: $("email").value, ...(invite && { invite }) });
    keep(await call("POST", "/auth/login", { username, password }));
    $("password").value = "";
    await open();
  } catch (error) { say($("door"), error.message); }
}

async function open() {
  me = await call("GET", "/users/me");
  $("me").textContent = me.display_name || me.username;
  $("door").hidden = true;
  $("house").hidden = false;
  say($("door"), "");
  await showRooms();
}

function say(where, text) { where.querySelector(".error").textContent = text; }
const complain = (error) => say($("house"), error.message);

// --- links: what mail and invitations bring stands behind the #, which no server sees

async function follow(link) {
  const [kind, code] = link.slice(1).split("=");
  if (code) history.replaceState(null, "", location.pathname);
  if (kind === "invite") invite = code;
  if (kind === "verify") await call("POST", "/auth/email/verify", { code }).then(() => say($("door"), "Your address is confirmed."));
  if (kind === "reset") await newPassword(code);
}

function newPassword(code) {
  $("reset").hidden = false;
  return new Promise((done) => {
    $("reset").onsubmit = (event) => {
      event.preventDefault();
      call("POST", "/auth/password/reset", { code, new_password: $("new-password").value })
        .then(() => { $("reset").hidden = true; forget(); say($("door"), "Log in with your new password."); done(); })
        .catch((error) => say($("reset"), error.message));
    };
  });
}

async function forgot() {
  const email = $("email").value;
  if (!email) return say($("door"), "Give your e-mail address.");
  await call("POST", "/auth/password/forgot", { email });
  say($("door"), "If somebody has this address, a mail is on its way.");
}

// --- rooms

async function showRooms() {
  const { items } = await call("GET", "/rooms?limit=100");
  $("rooms").replaceChildren(...items.map((each) => {
    const button = document.createElement("button");
    button.className = "plain";
    button.textContent = each.name;
    button.setAttribute("aria-current", String(room?.id === each.id));
    button.onclick = () => join(each).catch(complain);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

async function join(chosen) {
  if (!chosen.my_role) await call("POST", `/rooms/${chosen.id}/join`, {});
  closeRoom();
  room = { id: chosen.id, name: chosen.name, seq: null, epoch: null, socket: null, tries: 0, pending: new Map(), shown: new Map(), held: null };
  $("title").textContent = chosen.name;
  $("messages").replaceChildren();
  $("send").hidden = false;
  $("text").focus();
  connect(room);
  await showRooms();
}

function closeRoom() {
  if (!room) return;
  const { socket } = room;
  room = null;
  socket?.close(1000);
  $("send").hidden = true;
}

// --- the socket

async function connect(of) {
  if (of !== room) return;
  state("connecting …");
  try {
    const { ticket } = await call("POST", "/auth/ws-ticket", {});
    const query = new URLSearchParams({ token: ticket });
    if (of.seq !== null) { query.set("since", of.seq); query.set("epoch", of.epoch); }
    of.socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/${of.id}?${query}`);
  } catch (error) {
    if (error.status !== 401) again(of);
    return;
  }
  of.socket.onmessage = (event) => { if (of === room) receive(of, JSON.parse(event.data)); };
  of.socket.onclose = (event) => closed(of, event);
}

function closed(of, { code, reason }) {
  if (of !== room) return;
  if (code === 4403 || code === 4404) { state("not your room any more"); closeRoom(); return; }
  const wait = /retry_after_ms=(\d+)/.exec(reason);
  again(of, wait ? Number(wait[1]) : undefined);
}

function again(of, wait) {
  wait ??= Math.min(15000, 250 * 2 ** of.tries++) * (0.5 + Math.random() / 2);
  state("connection lost, trying again …");
  setTimeout(() => connect(of), wait);
}

function receive(of, frame) {
  if (of.held && frame.type !== "ready") { of.held.push(frame); return; }
  const numbered = typeof frame.seq === "number" && frame.type !== "ack" && frame.type !== "read";
  if (numbered && !frame.resumed) of.seq = Math.max(of.seq ?? 0, frame.seq); // a replay brings its numbers itself
  frames[frame.type]?.(of, frame);
}

// History up to now, and then what came over the socket meanwhile.
async function load(of) {
  of.held = [];
  try {
    const { items } = await call("GET", `/rooms/${of.id}/messages?limit=50`);
    if (of !== room) return;
    $("messages").replaceChildren();
    of.shown.clear();
    items.forEach(showMessage);
  } catch (error) { complain(error); }
  const held = of.held;
  of.held = null;
  held.forEach((frame) => receive(of, frame));
}

const frames = {
  ready(of, frame) {
    of.tries = 0;
    of.epoch = frame.epoch;
    if (!frame.resumed) load(of);
    state(`${frame.online.length} here`);
    for (const [id, content] of of.pending) transmit(of, id, content); // unanswered is unknown: the same id again
  },
  ack(of, frame) {
    of.pending.delete(frame.client_id);
    if (frame.held_id) note("A moderator looks at that first.");
  },
  error(of, frame) {
    complain({ message: frame.detail });
    if (frame.client_id && frame.code !== "unavailable") {
      of.pending.delete(frame.client_id);
      of.shown.get(frame.client_id)?.remove();
    }
  },
  resync: (of) => load(of),
  "message.created": (of, frame) => showMessage(frame.message),
  "message.updated": (of, frame) => showMessage(frame.message),
  "message.deleted": (of, frame) => of.shown.get(frame.message_id)?.remove(),
  "member.joined": (of, frame) => note(`${frame.username ?? frame.user_id} joined`),
  "member.left": (of, frame) => note(`${frame.username ?? frame.user_id} left`),
  typing(of, frame) {
    if (frame.user_id === me.id) return;
    $("typing").textContent = frame.active ? "somebody is typing …" : "";
  },
  "room.updated": (of, frame) => frame.message && showMessage(frame.message),
  "room.purged": (of, frame) => dropBefore(of, frame.before_seq),
  "room.deleted"() { note("This room is no more."); closeRoom(); showRooms().catch(complain); },
  "token.expiring"(of) {
    refresh().then(() => of.socket.send(JSON.stringify({ type: "auth.refresh", token: tokens.access }))).catch(() => {});
  },
};

function transmit(of, id, content) {
  if (of.socket?.readyState === WebSocket.OPEN) of.socket.send(JSON.stringify({ type: "message.send", client_id: id, content }));
}

// --- what is seen

function showMessage(message) {
  const known = room.shown.get(message.id) ?? (message.client_id && room.shown.get(message.client_id));
  const item = known ?? document.createElement("li");
  item.className = message.pending ? "pending" : message.kind === "system" ? "note" : "";
  const author = document.createElement("b");
  author.textContent = message.author.display_name || message.author.username;
  item.replaceChildren(author, message.deleted_at ? "(deleted)" : message.content);
  item.dataset.seq = message.seq;
  room.shown.set(message.id, item);
  if (!known) add(item);
}

function dropBefore(of, seq) {
  for (const [id, item] of of.shown) {
    if (Number(item.dataset.seq) < seq) { item.remove(); of.shown.delete(id); }
  }
}

function note(text) {
  const item = document.createElement("li");
  item.className = "note";
  item.textContent = text;
  add(item);
}

function add(item) {
  const list = $("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function state(text) { $("state").textContent = text; }

// --- what is done

$("door").onsubmit = (event) => { event.preventDefault(); enter(false); };
$("register").onclick = () => { if ($("door").reportValidity()) enter(true); };
$("forgot").onclick = () => forgot().catch((error) => say($("door"), error.message));
$("logout").onclick = () => call("POST", "/auth/logout").catch(() => {}).finally(forget);
$("create").onsubmit = (event) => {
  event.preventDefault();
  call("POST", "/rooms", { name: $("room-name").value }).then((made) => { $("room-name").value = ""; return join(made); }).catch(complain);
};
$("send").onsubmit = (event) => {
  event.preventDefault();
  const content = $("text").value.trim();
  if (!content || !room) return;
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  $("text").value = "";
  say($("house"), "");
  room.pending.set(id, content);
  showMessage({ id, author: me, content, pending: true });
  transmit(room, id, content);
};
let typedAt = 0;
$("text").oninput = () => {
  if (room?.socket?.readyState !== WebSocket.OPEN || Date.now() - typedAt < 3000) return;
  typedAt = Date.now();
  room.socket.send(JSON.stringify({ type: "typing.start" }));
};

follow(location.hash)
  .catch((error) => say($("door"), error.message))
  .then(() => (tokens.refresh ? refresh().then(open) : Promise.reject()))
  .catch(() => { $("door").hidden = false; });
