const NEAR_END_PX = 40;

function writeCells(row, texts) {
  texts.forEach((text, column) => {
    const cell = row.cells[column] ?? row.insertCell();
    if (cell.textContent !== text) cell.textContent = text;
    cell.dir = "auto";
  });
}

export default function ({ data, parentElement: root }) {
  const frame = root.querySelector(".frame");
  const body = root.querySelector("tbody");
  // whoever has scrolled up to read is left there
  const atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_END_PX;
  frame.classList.toggle("follow", data.follow);
  if (data.follow) frame.tabIndex = 0;
  root.querySelectorAll("th").forEach((head, column) => {
    head.textContent = data.labels[column];
  });
  while (body.rows.length > data.rows.length) body.deleteRow(-1);
  data.rows.forEach((texts, index) => writeCells(body.rows[index] ?? body.insertRow(), texts));
  if (data.follow && atEnd) frame.scrollTop = frame.scrollHeight;
}
