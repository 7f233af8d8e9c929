print("checked in")
