"""What MetricFlow answers: run by the environment that has it, in the folder of the project.

Reads questions from the standard input, a JSON object a line of metrics, group_by and where, a list
of conditions. Answers each on the standard output by a JSON list of rows, columns as asked for.
"""

import json
import sys

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

configuration = CLIConfiguration()
configuration.setup(configure_file_logging=False)
for line in sys.stdin:
    question = json.loads(line)
    request = MetricFlowQueryRequest.create(
        metric_names=question["metrics"],
        group_by_names=question["group_by"],
        where_constraints=question["where"],
    )
    answer = configuration.mf.query(request).result_df
    columns = [name.lower() for name in answer.column_names]
    order = [columns.index(name.lower()) for name in (*question["group_by"], *question["metrics"])]
    rows = [[row[place] for place in order] for row in answer.rows]
    print(json.dumps(rows, default=str), flush=True)
