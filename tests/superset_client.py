"""Superset as its API has it: log in, import a bundle, ask a chart for its data, run SQL."""

import io
import json
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener
from zipfile import ZipFile

BOUNDARY = "a-boundary-that-is-in-no-bundle"
Row = dict[str, Any]


class Client:
    """A session of a user; everything it asks for goes over HTTP."""

    def __init__(self, port: int, password: str) -> None:
        self.address = f"http://127.0.0.1:{port}/api/v1"
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.headers: dict[str, str] = {}
        login = {"username": "admin", "password": password, "provider": "db"}
        token = self.post("security/login", login)["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        self.headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]

    def get(self, path: str) -> Any:
        return self._asked(Request(f"{self.address}/{path}", headers=self.headers))

    def post(self, path: str, content: Any, method: str = "POST") -> Any:
        headers = {**self.headers, "Content-Type": "application/json"}
        data = json.dumps(content).encode()
        return self._asked(Request(f"{self.address}/{path}", data, headers, method=method))

    def import_bundle(self, files: dict[str, str]) -> None:
        """Import a bundle as a person would who uploads it: as a zip."""
        packed = io.BytesIO()
        with ZipFile(packed, "w") as bundle:
            for path, text in files.items():
                bundle.writestr(f"bundle/{path}", text)
        head = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=bundle; filename=bundle.zip\r\n"
            "Content-Type: application/zip\r\n\r\n"
        )
        data = head.encode() + packed.getvalue() + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {
            **self.headers,
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Referer": self.address,
        }
        self._asked(Request(f"{self.address}/assets/import/", data, headers))

    def chart_ids(self) -> dict[str, int]:
        """Return the ids of the dashboard's charts, by UUID."""
        dashboard = self.get("dashboard/collections")["result"]
        places = json.loads(dashboard["position_json"]).values()
        charts = [p["meta"] for p in places if isinstance(p, dict) and p["type"] == "CHART"]
        return {chart["uuid"]: chart["chartId"] for chart in charts}

    def chart_data(self, chart_id: int, *filters: Row) -> list[Row]:
        """Ask for what a chart asks for, under further filters."""
        chart = self.get(f"chart/{chart_id}")["result"]
        asked = json.loads(chart["query_context"])
        asked["queries"][0]["filters"] += filters
        return self.data(asked)

    def data(self, asked: Row) -> list[Row]:
        """Return the rows of a query, as it is answered now."""
        (answer,) = self.post("chart/data", {**asked, "force": True})["result"]
        assert answer["error"] is None
        assert not answer["is_cached"]
        return answer["data"]

    def run_sql(self, database_id: int, sql: str) -> str:
        """Run a statement in SQL Lab; return what it is refused with, or nothing."""
        asked = {"database_id": database_id, "sql": sql, "runAsync": False, "queryLimit": 10}
        try:
            self.post("sqllab/execute/", asked)
        except HTTPError as error:
            return error.read().decode()
        return ""

    def _asked(self, request: Request) -> Any:
        with self.opener.open(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")
