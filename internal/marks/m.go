package marks
import ("fmt";"os";"sync";"time";"bufio")
var mu sync.Mutex
type m struct{t int64; s string}
var all []m
func init(){ all=make([]m,0,1<<18); if os.Getenv("MARKS")=="" {return}; go func(){ for { time.Sleep(500*time.Millisecond); mu.Lock(); if len(all)>0 { f,_:=os.OpenFile(fmt.Sprintf("/tmp/h/marks.%d",os.Getpid()),os.O_CREATE|os.O_APPEND|os.O_WRONLY,0644); w:=bufio.NewWriter(f); for _,x:=range all { fmt.Fprintf(w,"%d %d %s\n",x.t,os.Getpid(),x.s)}; w.Flush(); f.Close(); all=all[:0]}; mu.Unlock()}}()}
func Mark(s string){ t:=time.Now().UnixNano(); mu.Lock(); all=append(all,m{t,s}); mu.Unlock() }
