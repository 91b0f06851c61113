"""Tables in Python: rentals, a machine whose faults change, a series. Expects the environment of hanamictl, and the tables of `npm run tables`."""

import csv

from hanami_sdk import connect

hanami = connect()

# A file, and what is to be answered from its other columns.
rentals = hanami.learn("tables/rentals.csv", target="rentals", skip=["id"])
print(f"R² {rentals.judged['rentals']['r2']:.2f}", [share["field"] for share in rentals.importance[:2]])
[answer] = rentals.predict([{"time": "2025-10-13 17:00", "temperature": 21, "sky": "clear", "station": "station 8"}])
print(f"hired: {answer['rentals']['value']:.0f}")

# Rows as they come (a DataFrame of pandas serves as well): the machine's faults have another cause in the second half.
with open("tables/machine.csv") as file:
    rows = [{name: value if name == "state" else float(value) for name, value in row.items()} for row in csv.DictReader(file)]
machine = hanami.learn(rows[:3000], target="state", name="machine in Python")
print(f"accuracy {machine.judged['state']['accuracy']:.2f}")
machine.teach(rows[3000:5000])
state = machine.teach(rows[5000:])["state"]
print(f"after the change, before they were learnt: {state['accuracy']:.2f}")
print("what matters now:", machine.explain(rows[5000:])["importance"][0]["field"])

# A series: the next 24 hours from the 24 before.
town = hanami.learn("tables/load.csv", target="megawatts", forecast=24, window=24, passes=2, name="town in Python")
print(f"R² {town.judged['megawatts']['r2']:.2f} for 24 hours ahead")
