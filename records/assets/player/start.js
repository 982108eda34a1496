// What every part of the page needs.
const $ = (id) => document.getElementById(id);
const facts = JSON.parse($("facts").textContent);
const files = JSON.parse($("files-data").textContent);
// A name may hold what means something in an address.
const address = (path) => `../${path.split("/").map(encodeURIComponent).join("/")}`;
const pad = (n, width = 2) => String(n).padStart(width, "0");
const clock = (ms) => `${pad(Math.floor(ms / 3600000))}:${pad(Math.floor(ms / 60000) % 60)}:${pad(Math.floor(ms / 1000) % 60)}`;
function wall(ms) {
  const options = { timeZone: facts.time_zone, dateStyle: "medium", timeStyle: "medium", hour12: false };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", options).format(ms);
}
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}
const person = (id) => facts.seats.find((seat) => seat.participant === id);
const personName = (seat) => (seat ? `${language === "zh" ? seat.role_zh : seat.role_en} ${seat.name}` : "");
